// ListNodes: the elements of a large list, in order, as a sequence of listpacks of a few KiB. Both ends are accessed
// directly; an index is found by the nodes' counts, from the nearer end. An element too large to share a node has its
// own.
// Ownership: owns all its memory; returned views are valid until the next change.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/listpack.h"
#include "storage/record/object.h"

namespace terrace::types {

// The limit up to which elements share a listpack; a single element may be of any size.
struct ListNodeLimit {
  std::size_t bytes = std::size_t{8} * 1024;
  std::size_t count = kMaxCount;
  std::size_t alone = SIZE_MAX;  // an element of at least this size has a node alone

  bool fits(std::size_t size, std::size_t elements, std::string_view more) const {
    return more.size() < alone && size + more.size() + kEntryOverhead <= bytes && elements < count;
  }
  // Whether a whole list with such a listpack needs no nodes. `half`: not more than half of the limit is used.
  bool holds(std::size_t size, std::size_t elements, bool half) const {
    return size <= (half ? bytes / 2 : bytes) && elements <= (half ? count / 2 : count);
  }
  static ListNodeLimit of(const CollectionLimits& limits);

 private:
  static constexpr std::size_t kEntryOverhead = 11;  // the most of an entry's head and tail
  static constexpr std::size_t kMaxCount = 60000;    // less than a listpack's header can count
};

class ListNodes final : public storage::Object {
 public:
  // The listpack must have elements.
  explicit ListNodes(std::string_view listpack);
  ListNodes();
  ~ListNodes() override;

  std::size_t size() const { return size_; }
  std::size_t node_count() const { return nodes_.size(); }
  Listpack node(std::size_t index) const { return Listpack(nodes_[index].view()); }
  std::size_t elements_of(std::size_t index) const { return nodes_[index].count; }

  // --- a place is a node and a place in its listpack; texts must not lie in this list
  // Inserts before the element at `place`; if that is the node's end(), behind its last one.
  void insert(std::size_t node, std::size_t place, std::string_view text, const ListNodeLimit& limit);
  void push_front(std::string_view text, const ListNodeLimit& limit);
  void push_back(std::string_view text, const ListNodeLimit& limit);
  void replace(std::size_t node, std::size_t place, std::string_view text, const ListNodeLimit& limit);
  // Removes `count` elements from this one on, across nodes. Empty nodes are removed.
  void erase(std::size_t node, std::size_t place, std::size_t count);

  // --- storage::Object: RDB's encoding of quicklists (a length, then the kind of each node and its listpack)
  std::size_t image_size_bound() const override;
  std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const override;
  bool discard(std::size_t budget_bytes) override;
  static std::unique_ptr<storage::ObjectBuilder> builder();

 private:
  // A listpack in its own allocation; release() frees it.
  struct Node {
    char* bytes = nullptr;
    std::uint32_t size = 0;
    std::uint32_t count = 0;
    std::string_view view() const { return {bytes, size}; }
  };
  // A node's bytes for ListpackEditor.
  class Bytes;

  void insert_between(std::size_t node, std::string_view text, const ListNodeLimit& limit);
  void insert_into(std::size_t node, std::size_t place, std::string_view text);
  void add_node(std::size_t at, std::string_view listpack);
  void remove_node(std::size_t at);
  void split(std::size_t node, std::size_t place);
  void resize(Node& node, std::size_t size);
  bool fits(std::size_t node, std::string_view text, const ListNodeLimit& limit) const {
    return limit.fits(nodes_[node].size, nodes_[node].count, text);
  }

  std::deque<Node> nodes_;
  std::size_t size_ = 0;
};

}  // namespace terrace::types
