#include "src/types/list/list_nodes.h"

#include <algorithm>
#include <limits>

#include "src/types/encoding/image_builder.h"
#include "storage/memory/allocation.h"
#include "storage/record/rdb_string.h"

namespace terrace::types {
namespace {

// Redis' kinds of quicklist nodes. All nodes here are packed: no value is larger than a listpack may be.
constexpr std::uint64_t kPackedNode = 2;

// The slack of a node that grows: half of it, but not more than nodes usually become.
std::size_t slack_for(std::size_t size) {
  constexpr std::size_t kCommonSize = std::size_t{8} * 1024, kFurtherStep = 1024;
  return size < kCommonSize ? std::min(size / 2, kCommonSize - size) : kFurtherStep;
}

}  // namespace

ListNodeLimit ListNodeLimit::of(const CollectionLimits& limits) {
  ListNodeLimit limit{.alone = static_cast<std::size_t>(limits.list_packed_threshold)};
  // Redis treats 0 as 1, and values below -5 as -5.
  const std::int64_t size = limits.list_max_listpack_size;
  if (size >= 0) {
    limit.count = std::clamp<std::size_t>(static_cast<std::size_t>(size), 1, kMaxCount);
  } else {
    limit.bytes = std::size_t{2048} << std::min<std::int64_t>(-size, 5);
  }
  return limit;
}

class ListNodes::Bytes {
 public:
  Bytes(ListNodes& list, Node& node) : list_(list), node_(node) {}
  char* data() { return node_.bytes; }
  std::size_t size() const { return node_.size; }
  void resize(std::size_t size) { list_.resize(node_, size); }

 private:
  ListNodes& list_;
  Node& node_;
};

ListNodes::ListNodes() {
  add_footprint(sizeof(ListNodes));
}

ListNodes::ListNodes(std::string_view listpack) : ListNodes() {
  add_node(0, listpack);
}

ListNodes::~ListNodes() {
  discard(std::numeric_limits<std::size_t>::max());
}

// Keeps the front. Grows in steps; shrinks what is more than half empty.
void ListNodes::resize(Node& node, std::size_t size) {
  const std::size_t given = node.bytes ? storage::usable_size(node.bytes) : 0;
  if (size > given || size * 4 < given) {
    const std::size_t slack = size > node.size ? slack_for(size) : 0;
    auto* bytes = static_cast<char*>(storage::allocate(size + slack));
    if (node.bytes) std::memcpy(bytes, node.bytes, std::min<std::size_t>(node.size, size));
    add_footprint(static_cast<std::ptrdiff_t>(storage::usable_size(bytes)) - static_cast<std::ptrdiff_t>(given));
    storage::release(node.bytes);
    node.bytes = bytes;
  }
  node.size = static_cast<std::uint32_t>(size);
}

void ListNodes::add_node(std::size_t at, std::string_view listpack) {
  auto* bytes = static_cast<char*>(storage::allocate(listpack.size()));
  std::memcpy(bytes, listpack.data(), listpack.size());
  const auto count = static_cast<std::uint32_t>(Listpack(listpack).count());
  nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(at),
                {bytes, static_cast<std::uint32_t>(listpack.size()), count});
  size_ += count;
  add_footprint(static_cast<std::ptrdiff_t>(storage::usable_size(bytes) + sizeof(Node)));
}

void ListNodes::remove_node(std::size_t at) {
  size_ -= nodes_[at].count;
  add_footprint(-static_cast<std::ptrdiff_t>(storage::usable_size(nodes_[at].bytes) + sizeof(Node)));
  storage::release(nodes_[at].bytes);
  nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(at));
}

void ListNodes::insert_into(std::size_t at, std::size_t place, std::string_view text) {
  Bytes bytes(*this, nodes_[at]);
  ListpackEditor(bytes).insert(place, text);
  ++nodes_[at].count;
  ++size_;
}

// Inserts before the first element of `node`, behind the last one of the node before it.
void ListNodes::insert_between(std::size_t at, std::string_view text, const ListNodeLimit& limit) {
  if (at > 0 && fits(at - 1, text, limit)) return insert_into(at - 1, node(at - 1).end(), text);
  if (at < nodes_.size() && fits(at, text, limit)) return insert_into(at, node(at).begin(), text);
  std::string listpack(Listpack::empty());
  ListpackEditor(listpack).append(text);
  add_node(at, listpack);
}

void ListNodes::insert(std::size_t at, std::size_t place, std::string_view text, const ListNodeLimit& limit) {
  if (fits(at, text, limit)) return insert_into(at, place, text);
  if (place == node(at).begin()) return insert_between(at, text, limit);
  if (place != node(at).end()) split(at, place);
  insert_between(at + 1, text, limit);
}

void ListNodes::push_front(std::string_view text, const ListNodeLimit& limit) {
  insert_between(0, text, limit);
}

void ListNodes::push_back(std::string_view text, const ListNodeLimit& limit) {
  insert_between(nodes_.size(), text, limit);
}

// Moves the elements from `place` on to a new node.
void ListNodes::split(std::size_t at, std::size_t place) {
  std::string tail(node(at).bytes());
  std::uint32_t before = 0;
  for (std::size_t each = node(at).begin(); each != place; each = node(at).next(each)) ++before;
  ListpackEditor(tail).erase(node(at).begin(), before);
  erase(at, place, nodes_[at].count - before);
  add_node(at + 1, tail);
}

void ListNodes::replace(std::size_t at, std::size_t place, std::string_view text, const ListNodeLimit& limit) {
  const bool alone = nodes_[at].count == 1;
  const std::size_t rest = nodes_[at].size - (node(at).next(place) - place);
  if (alone || limit.fits(rest, nodes_[at].count - 1, text)) {
    Bytes bytes(*this, nodes_[at]);
    return ListpackEditor(bytes).replace(place, text);
  }
  erase(at, place, 1);
  insert(at, place, text, limit);
}

void ListNodes::erase(std::size_t at, std::size_t place, std::size_t count) {
  while (count > 0 && at < nodes_.size()) {
    if (place == node(at).begin() && nodes_[at].count <= count) {
      count -= nodes_[at].count;
      remove_node(at);
      continue;
    }
    std::uint32_t here = 0;
    for (std::size_t each = place; here < count && each != node(at).end(); each = node(at).next(each)) ++here;
    Bytes bytes(*this, nodes_[at]);
    ListpackEditor(bytes).erase(place, here);
    nodes_[at].count -= here;
    size_ -= here;
    count -= here;
    ++at;
    place = Listpack::kHeaderSize;
  }
}

std::size_t ListNodes::image_size_bound() const {
  return storage::kMaxRdbLength + nodes_.size() * 2 * storage::kMaxRdbLength + footprint_bytes();
}

// The cursor is the number of the next node.
std::uint64_t ListNodes::encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const {
  const std::size_t before = out.size();
  if (cursor == 0) storage::put_rdb_length(out, nodes_.size());
  for (std::size_t at = cursor; at < nodes_.size();) {
    storage::put_rdb_length(out, kPackedNode);
    storage::put_rdb_bytes(out, nodes_[at].view());
    if (++at < nodes_.size() && out.size() - before >= budget_bytes) return at;
  }
  return 0;
}

bool ListNodes::discard(std::size_t budget_bytes) {
  const std::size_t before = footprint_bytes();
  while (!nodes_.empty() && before - footprint_bytes() < budget_bytes) remove_node(nodes_.size() - 1);
  return nodes_.empty();
}

std::unique_ptr<storage::ObjectBuilder> ListNodes::builder() {
  class Builder final : public ImageBuilder {
    bool add(RdbReader& reader) override {
      const bool packed = reader.length() == kPackedNode;
      const RdbText text = reader.text();
      if (!reader.ok()) return true;
      const Listpack listpack(text.view());
      if (!packed || !Listpack::valid(listpack.bytes()) || listpack.count() == 0) return false;
      list_->add_node(list_->node_count(), listpack.bytes());
      return true;
    }
    storage::ObjectPointer object() override { return std::move(list_); }

    std::unique_ptr<ListNodes> list_ = std::make_unique<ListNodes>();
  };
  return std::make_unique<Builder>();
}

}  // namespace terrace::types
