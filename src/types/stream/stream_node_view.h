// StreamNodeView: reads a node of a stream's entries, one listpack, bit for bit as in Redis:
//
//   | live entries | deleted ones | fields of the master entry | its fields ... | 0 |
//   | flags | ms - the node's | sequence - the node's | [fields] | values, or fields and values ... | elements before |
//
// An entry with the same fields as the first one (the master entry) has a flag and only values. A deleted entry has a
// flag. The node's id is that of its first entry.
// Ownership: borrows the bytes.
// Thread: a plain value.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/types/encoding/listpack.h"
#include "src/types/stream/stream_id.h"

namespace terrace::types {

struct StreamEntry {
  StreamId id;
  std::size_t place = 0;    // of its flags
  std::size_t content = 0;  // of its first field, or value
  std::size_t fields = 0;
  bool deleted = false;
  bool same_fields = false;
};

class StreamNodeView {
 public:
  // An entry's flags.
  static constexpr std::int64_t kDeleted = 1, kSameFields = 2;

  StreamNodeView(const StreamId& master, std::string_view bytes) : master_(master), listpack_(bytes) {}

  std::int64_t live() const { return integer(listpack_.begin()); }
  std::int64_t deleted() const { return integer(listpack_.next(listpack_.begin())); }

  std::size_t begin() const;
  std::size_t end() const { return listpack_.end(); }
  StreamEntry entry(std::size_t place) const;
  std::size_t behind(const StreamEntry& entry) const;
  // The place of the entry that ends here; Listpack::kNowhere at begin().
  std::size_t before(std::size_t place) const;
  StreamId last_id() const { return entry(before(end())).id; }

  // Calls visit(field, value) for each pair of texts.
  template <typename Visit>
  void each_field(const StreamEntry& entry, const Visit& visit) const {
    std::size_t place = entry.content;
    std::size_t name = entry.same_fields ? first_field() : 0;
    for (std::size_t i = 0; i < entry.fields; ++i) {
      const ElementText field(listpack_.element(entry.same_fields ? name : place));
      if (entry.same_fields) {
        name = listpack_.next(name);
      } else {
        place = listpack_.next(place);
      }
      visit(field.view(), ElementText(listpack_.element(place)).view());
      place = listpack_.next(place);
    }
  }
  // Whether these are the master entry's fields. `pairs` has fields and values alternately.
  bool has_fields(std::span<const std::string_view> pairs) const;

  // Validates a node from outside in every detail: its id must be `master`, its entries' ids above `floor`. Sets
  // `floor` to the last one's id.
  static bool valid(const StreamId& master, std::string_view bytes, StreamId& floor);

 private:
  std::int64_t integer(std::size_t place) const { return listpack_.element(place).integer(); }
  std::size_t first_field() const { return listpack_.at(3); }

  StreamId master_;
  Listpack listpack_;
};

}  // namespace terrace::types
