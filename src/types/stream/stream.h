// Stream: a stream's entries in the order of their ids, in nodes (stream_node.h) with the same bounds as Redis' nodes,
// so that approximate trimming removes the same entries; its counters; and its consumer groups by name. All streams are
// Objects, also the smallest: an empty stream still has its ids and groups.
// Ownership: owns all its memory; returned entries and groups are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/types/stream/id_row.h"
#include "src/types/stream/stream_group.h"
#include "src/types/stream/stream_node.h"
#include "storage/record/object.h"

namespace terrace::types {

// What happens to an entry that is to be removed while groups refer to it.
enum class StreamReferences : std::uint8_t {
  kKeep,     // it is removed, and stays pending
  kDrop,     // it is removed, also from what is pending
  kRespect,  // it stays until all groups have read and acknowledged it
};

struct StreamTrim {
  enum class By : std::uint8_t { kNothing, kLength, kId } by = By::kNothing;
  bool approximate = false;  // whole nodes only
  std::uint64_t length = 0;  // entries to keep
  StreamId first = {};       // entries below are removed
  std::uint64_t limit = 0;   // the most entries to remove, 0: no limit; for whole nodes only
  StreamReferences references = StreamReferences::kKeep;  // without groups all values mean the same
};

// The limits up to which entries share a node: stream-node-max-bytes and stream-node-max-entries; 0: no limit.
struct StreamNodeLimit {
  std::uint64_t bytes = 4096;
  std::uint64_t entries = 100;
};

class Stream final : public storage::Object {
 public:
  using Groups = std::vector<std::unique_ptr<StreamGroup>>;
  // The limit for all names and values of an entry together.
  static constexpr std::size_t kMaxEntryBytes = std::size_t{1} << 30;

  Stream();
  ~Stream() override;

  std::uint64_t size() const { return size_; }
  std::size_t node_count() const { return nodes_.size(); }
  const StreamId& last_id() const { return last_id_; }    // the highest id ever used
  const StreamId& first_id() const { return first_id_; }  // of the first entry; 0-0 if there is none
  const StreamId& max_deleted_id() const { return max_deleted_id_; }
  std::uint64_t entries_added() const { return entries_added_; }
  // The id of the last entry. The stream must not be empty.
  StreamId last_entry_id() const;
  bool contains(const StreamId& id) const;

  // Calls visit(entry, node) for the entries from `first` to `last`, until it returns false.
  template <typename Visit>
  void forward(const StreamId& first, const StreamId& last, const Visit& visit) const {
    for (auto at = node_of(first); at != nodes_.end(); at = nodes_.next(at)) {
      if (nodes_[at].id > last) return;
      const OpenStreamNode open(nodes_[at]);
      const StreamNodeView node = open.view();
      for (std::size_t place = node.begin(); place != node.end();) {
        const StreamEntry entry = node.entry(place);
        if (entry.id > last) return;
        if (entry.id >= first && !entry.deleted && !visit(entry, node)) return;
        place = node.behind(entry);
      }
    }
  }
  // The same from `last` to `first`.
  template <typename Visit>
  void backward(const StreamId& first, const StreamId& last, const Visit& visit) const {
    if (nodes_.empty()) return;
    for (auto at = node_of(last);; at = nodes_.previous(at)) {
      const OpenStreamNode open(nodes_[at]);
      const StreamNodeView node = open.view();
      for (std::size_t place = node.before(node.end()); place != Listpack::kNowhere; place = node.before(place)) {
        const StreamEntry entry = node.entry(place);
        if (entry.id < first) return;
        if (entry.id <= last && !entry.deleted && !visit(entry, node)) return;
      }
      if (at == nodes_.begin()) return;
    }
  }

  // --- changes
  // `id` must be above last_id(); `pairs` has names and values alternately.
  void append(const StreamId& id, std::span<const std::string_view> pairs, const StreamNodeLimit& limit);
  bool erase(const StreamId& id);
  // Returns the number of removed entries.
  std::uint64_t trim(const StreamTrim& trim);
  bool would_trim(const StreamTrim& trim) const;
  // Not below the last entry's id.
  void set_last_id(const StreamId& id);
  void set_entries_added(std::uint64_t count) { entries_added_ = count; }
  void set_max_deleted_id(const StreamId& id) { max_deleted_id_ = id; }

  // --- groups
  const Groups& groups() const { return groups_; }  // by name
  StreamGroup* group(std::string_view name) const;
  // nullptr: a group with this name exists.
  StreamGroup* add_group(std::string_view name);
  bool remove_group(std::string_view name);
  bool pending(const StreamId& id) const;
  // Whether a group has not read or not acknowledged it.
  bool awaited(const StreamId& id) const;
  // How many entries up to this id were ever added, if that is known; otherwise kUnknownReads.
  std::int64_t ordinal_of(const StreamId& id) const;
  // Whether an entry from this id on, behind the first one, was deleted: then entries cannot be counted by ids.
  bool deleted_from(const StreamId& id) const {
    return size_ > 0 && !max_deleted_id_.zero() && first_id_ <= max_deleted_id_ && id <= max_deleted_id_;
  }

  // --- storage::Object: the encoding of RDB type 19 (stream_image.h)
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;

 private:
  friend class StreamImage;
  using Nodes = IdRow<StreamNode>;

  // The node in which an entry with this id would lie; the first one for ids below all.
  Nodes::Place node_of(const StreamId& id) const;
  Groups::const_iterator group_place(std::string_view name) const;
  bool fits(const StreamNode& node, std::size_t more, const StreamNodeLimit& limit) const;
  Nodes::Place remove_node(const Nodes::Place& place);
  // All nodes are packed except the last, to which entries are added, and the one that was changed last.
  void pack(const Nodes::Place& place);
  StreamNode& unpacked(const Nodes::Place& place);
  StreamNode& to_be_changed(const Nodes::Place& place);
  bool whole_goes(const StreamNode& node, const StreamTrim& trim) const;
  bool trimmed(const StreamTrim& trim) const {
    return trim.by == StreamTrim::By::kLength ? size_ <= trim.length : false;
  }
  std::uint64_t trim_within(StreamNode& node, const StreamTrim& trim);
  std::uint64_t trim_referenced(const Nodes::Place& place, const StreamTrim& trim);
  bool take_away(const StreamId& id);
  void find_first_id();

  Nodes nodes_;
  StreamId changed_;             // id of the node that was unpacked for a change
  std::size_t saved_bytes_ = 0;  // by all packed nodes
  std::uint64_t size_ = 0;
  std::uint64_t entries_added_ = 0;
  StreamId last_id_;
  StreamId first_id_;
  StreamId max_deleted_id_;
  Groups groups_;
};

}  // namespace terrace::types
