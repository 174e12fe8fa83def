#include "src/types/stream/stream_node_view.h"

namespace terrace::types {
namespace {

// Reads the elements of untrusted bytes one by one.
class Elements {
 public:
  explicit Elements(const Listpack& listpack) : listpack_(listpack), place_(listpack.begin()) {}

  bool ok() const { return ok_; }
  bool at_end() const { return place_ == listpack_.end(); }
  std::int64_t integer() {
    if (at_end() || !listpack_.element(place_).is_integer()) return fail();
    const std::int64_t number = listpack_.element(place_).integer();
    place_ = listpack_.next(place_);
    return number;
  }
  std::int64_t count() {
    const std::int64_t number = integer();
    return number < 0 ? fail() : number;
  }
  void skip(std::int64_t elements) {
    for (; elements > 0 && ok_; --elements) {
      if (at_end()) {
        fail();
      } else {
        place_ = listpack_.next(place_);
      }
    }
  }

 private:
  std::int64_t fail() {
    ok_ = false;
    return 0;
  }

  Listpack listpack_;
  std::size_t place_;
  bool ok_ = true;
};

}  // namespace

std::size_t StreamNodeView::begin() const {
  std::size_t place = first_field();
  const std::int64_t fields = integer(listpack_.at(2));
  for (std::int64_t i = 0; i <= fields; ++i) place = listpack_.next(place);
  return place;
}

StreamEntry StreamNodeView::entry(std::size_t place) const {
  StreamEntry entry;
  entry.place = place;
  const std::int64_t flags = integer(place);
  entry.deleted = (flags & kDeleted) != 0;
  entry.same_fields = (flags & kSameFields) != 0;
  place = listpack_.next(place);
  entry.id.ms = master_.ms + static_cast<std::uint64_t>(integer(place));
  place = listpack_.next(place);
  entry.id.sequence = master_.sequence + static_cast<std::uint64_t>(integer(place));
  place = listpack_.next(place);
  if (entry.same_fields) {
    entry.fields = static_cast<std::size_t>(integer(listpack_.at(2)));
  } else {
    entry.fields = static_cast<std::size_t>(integer(place));
    place = listpack_.next(place);
  }
  entry.content = place;
  return entry;
}

std::size_t StreamNodeView::behind(const StreamEntry& entry) const {
  std::size_t place = entry.content;
  const std::size_t elements = entry.same_fields ? entry.fields : entry.fields * 2;
  for (std::size_t i = 0; i <= elements; ++i) place = listpack_.next(place);
  return place;
}

std::size_t StreamNodeView::before(std::size_t place) const {
  if (place == begin()) return Listpack::kNowhere;
  place = listpack_.previous(place);
  for (std::int64_t elements = integer(place); elements > 0; --elements) place = listpack_.previous(place);
  return place;
}

bool StreamNodeView::has_fields(std::span<const std::string_view> pairs) const {
  if (integer(listpack_.at(2)) != static_cast<std::int64_t>(pairs.size() / 2)) return false;
  std::size_t place = first_field();
  for (std::size_t i = 0; i < pairs.size(); i += 2, place = listpack_.next(place)) {
    if (ElementText(listpack_.element(place)).view() != pairs[i]) return false;
  }
  return true;
}

bool StreamNodeView::valid(const StreamId& master, std::string_view bytes, StreamId& floor) {
  if (!Listpack::valid(bytes)) return false;
  Elements elements{Listpack(bytes)};
  const std::int64_t live = elements.count(), deleted = elements.count(), fields = elements.count();
  elements.skip(fields);
  if (elements.integer() != 0 || !elements.ok()) return false;
  std::int64_t found_live = 0, found_deleted = 0;
  StreamId last = floor;
  while (elements.ok() && !elements.at_end()) {
    const std::int64_t flags = elements.integer();
    if (flags < 0 || flags > (kDeleted | kSameFields)) return false;
    const std::int64_t ms = elements.integer(), sequence = elements.integer();
    const StreamId id = {master.ms + static_cast<std::uint64_t>(ms),
                         master.sequence + static_cast<std::uint64_t>(sequence)};
    if (id <= last || id < master) return false;
    last = id;
    const bool same = (flags & kSameFields) != 0;
    const std::int64_t own_fields = same ? fields : elements.count();
    // A larger number than there are bytes; its double might overflow.
    if (own_fields > static_cast<std::int64_t>(bytes.size())) return false;
    elements.skip(same ? own_fields : own_fields * 2);
    if (elements.integer() != (same ? own_fields + 3 : own_fields * 2 + 4)) return false;
    ++(flags & kDeleted ? found_deleted : found_live);
  }
  floor = last;
  return elements.ok() && found_live == live && found_deleted == deleted && live + deleted > 0;
}

}  // namespace terrace::types
