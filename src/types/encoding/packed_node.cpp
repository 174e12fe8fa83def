#include "src/types/encoding/packed_node.h"

#include <algorithm>

#include "io/result.h"
#include "storage/memory/allocation.h"

namespace terrace::types {
namespace {

using Entry = PackedNode::Entry;
using Layout = PackedNode::Layout;

constexpr unsigned kSlotStep = 4;
constexpr std::size_t kMaxPacked = 2 + 2 * PackedNode::kBlobMark;

// An entry too large for a node.
struct Blob {
  std::uint32_t name_size;
  std::uint32_t value_size;

  static Blob* make(const Entry& entry, std::ptrdiff_t& footprint) {
    void* memory = storage::allocate(sizeof(Blob) + entry.name.size() + entry.value.size());
    footprint += static_cast<std::ptrdiff_t>(storage::usable_size(memory));
    Blob* blob = ::new (memory)
        Blob{static_cast<std::uint32_t>(entry.name.size()), static_cast<std::uint32_t>(entry.value.size())};
    char* bytes = reinterpret_cast<char*>(blob + 1);
    std::copy(entry.name.begin(), entry.name.end(), bytes);
    std::copy(entry.value.begin(), entry.value.end(), bytes + entry.name.size());
    return blob;
  }
  static void release(Blob* blob, std::ptrdiff_t& footprint) {
    footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(blob));
    storage::release(blob);
  }
  Entry entry() const {
    const char* bytes = reinterpret_cast<const char*>(this + 1);
    return {{bytes, name_size}, {bytes + name_size, value_size}};
  }
};

std::uint8_t size_at(const char* packed) {
  return static_cast<std::uint8_t>(*packed);
}

// nullptr if the entry is in the node.
Blob* blob_of(const char* packed) {
  if (size_at(packed) != PackedNode::kBlobMark) return nullptr;
  Blob* blob;
  std::memcpy(&blob, packed + 1, sizeof(void*));
  return blob;
}

std::size_t head_size(const Layout& layout) {
  return layout.has_values ? 2 : 1;
}

bool fits(const Entry& entry) {
  return entry.name.size() < PackedNode::kFurther && entry.value.size() <= PackedNode::kBlobMark;
}

std::size_t packed_size(const Entry& entry, const Layout& layout) {
  return fits(entry) ? head_size(layout) + entry.name.size() + entry.value.size() : 1 + sizeof(void*);
}

// An entry's packed bytes, on the stack.
class Packed {
 public:
  Packed(const Entry& entry, const Layout& layout, std::ptrdiff_t& footprint) {
    if (!fits(entry)) {
      Blob* blob = Blob::make(entry, footprint);
      bytes_[0] = static_cast<char>(PackedNode::kBlobMark);
      std::memcpy(bytes_ + 1, &blob, sizeof(void*));
      size_ = 1 + sizeof(void*);
      return;
    }
    bytes_[0] = static_cast<char>(entry.name.size());
    if (layout.has_values) bytes_[1] = static_cast<char>(entry.value.size());
    char* end = std::copy(entry.name.begin(), entry.name.end(), bytes_ + head_size(layout));
    end = std::copy(entry.value.begin(), entry.value.end(), end);
    size_ = static_cast<std::size_t>(end - bytes_);
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[kMaxPacked];
  std::size_t size_;
};

}  // namespace

unsigned PackedNode::find(std::string_view name, std::uint8_t tag, const Layout& layout) const {
  const std::uint8_t* const first = tags();
  const std::uint8_t* const last = first + count;
  for (const std::uint8_t* at = first; at < last; ++at) {
    at = static_cast<const std::uint8_t*>(std::memchr(at, tag, static_cast<std::size_t>(last - at)));
    if (at == nullptr) return kNone;
    const auto index = static_cast<unsigned>(at - first);
    if (entry(index, layout).name == name) return index;
  }
  return kNone;
}

Entry PackedNode::entry(unsigned index, const Layout& layout) const {
  const char* packed = entries() + offset(index);
  if (const Blob* blob = blob_of(packed)) return blob->entry();
  const char* name = packed + head_size(layout);
  const std::size_t name_size = size_at(packed);
  return {{name, name_size}, {name + name_size, layout.has_values ? std::size_t{size_at(packed + 1)} : std::size_t{0}}};
}

std::string_view PackedNode::packed(unsigned index, const Layout& layout) const {
  const char* packed = entries() + offset(index);
  if (blob_of(packed)) return {packed, 1 + sizeof(void*)};
  std::size_t size = head_size(layout) + size_at(packed);
  if (layout.has_values) size += size_at(packed + 1);
  return {packed, size};
}

bool PackedNode::reserve(PackedNode*& node, std::size_t bytes, unsigned more_slots, const Layout& layout,
                         std::ptrdiff_t& footprint) {
  const std::size_t count = node ? node->count : 0;
  const std::size_t used = node ? node->used : 0;
  const std::size_t had_slots = node ? node->slots : 0;
  const std::size_t slots =
      count + more_slots <= had_slots ? had_slots : (count + more_slots + kSlotStep - 1) / kSlotStep * kSlotStep;
  if (node && slots == had_slots && used + bytes <= node->capacity) return true;
  const std::size_t needed = sizeof(PackedNode) + slots * 3 + used + bytes;
  if (needed > layout.max_bytes) return false;
  const std::size_t given = node ? sizeof(PackedNode) + had_slots * 3 + node->capacity : 0;
  if (node && needed <= given) {
    // More slots in the same allocation: offsets and entries move towards the end.
    const std::size_t step = slots - had_slots;
    std::uint8_t* tags = node->tags();
    std::memmove(tags + slots * 3, tags + had_slots * 3, used);
    std::memmove(tags + slots, tags + had_slots, count * 2);
    node->slots = static_cast<std::uint16_t>(slots);
    node->capacity = static_cast<std::uint16_t>(node->capacity - step * 3);
    return true;
  }
  // A sixteenth more than needed while the table grows; the allocator rounds up by about as much.
  void* memory = storage::allocate(std::min<std::size_t>(needed + needed / 16, kMaxNodeBytes));
  const std::size_t size = std::min(storage::usable_size(memory), std::size_t{0xFFFF});
  footprint += static_cast<std::ptrdiff_t>(storage::usable_size(memory));
  auto* grown =
      ::new (memory) PackedNode{.next = node ? node->next : nullptr,
                                .count = static_cast<std::uint16_t>(count),
                                .slots = static_cast<std::uint16_t>(slots),
                                .used = static_cast<std::uint16_t>(used),
                                .capacity = static_cast<std::uint16_t>(size - sizeof(PackedNode) - slots * 3)};
  if (node) {
    std::memcpy(grown->tags(), node->tags(), count);
    std::memcpy(grown->tags() + slots, node->tags() + had_slots, count * 2);
    std::memcpy(grown->entries(), node->entries(), used);
    release(node, footprint);
  }
  node = grown;
  return true;
}

bool PackedNode::append_packed(PackedNode*& node, std::uint8_t tag, std::string_view packed, const Layout& layout,
                               std::ptrdiff_t& footprint) {
  if (!reserve(node, packed.size(), 1, layout, footprint)) return false;
  node->tags()[node->count] = tag;
  node->set_offset(node->count, node->used);
  std::memcpy(node->entries() + node->used, packed.data(), packed.size());
  node->used = static_cast<std::uint16_t>(node->used + packed.size());
  ++node->count;
  return true;
}

bool PackedNode::append(PackedNode*& node, std::uint8_t tag, const Entry& entry, const Layout& layout,
                        std::ptrdiff_t& footprint) {
  if (node &&
      sizeof(PackedNode) + (node->slots + kSlotStep) * std::size_t{3} + node->used + kMaxPacked > layout.max_bytes) {
    return false;  // before a blob is made for nothing
  }
  return append_packed(node, tag, Packed(entry, layout, footprint).view(), layout, footprint);
}

bool PackedNode::move(PackedNode* from, unsigned index, PackedNode*& to, const Layout& layout,
                      std::ptrdiff_t& footprint) {
  return append_packed(to, from->tag(index), from->packed(index, layout), layout, footprint);
}

void PackedNode::resplice(unsigned index, std::size_t old_size, std::size_t new_size) {
  if (old_size == new_size) return;
  const std::size_t begin = offset(index);
  const std::size_t end = begin + old_size;
  std::memmove(entries() + begin + new_size, entries() + end, used - end);
  for (unsigned i = 0; i < count; ++i) {
    if (offset(i) > begin) set_offset(i, offset(i) + new_size - old_size);
  }
  used = static_cast<std::uint16_t>(used + new_size - old_size);
}

bool PackedNode::set_value(PackedNode*& node, unsigned index, std::string_view value, const Layout& layout,
                           std::ptrdiff_t& footprint) {
  const Entry old = node->entry(index, layout);
  if (old.value.size() == value.size()) {
    std::copy(value.begin(), value.end(), const_cast<char*>(old.value.data()));
    return true;
  }
  const std::size_t old_size = node->packed(index, layout).size();
  const std::size_t new_size = packed_size({old.name, value}, layout);
  if (new_size > old_size && !reserve(node, new_size - old_size, 0, layout, footprint)) return false;
  Blob* blob = blob_of(node->entries() + node->offset(index));
  const Packed packed({node->entry(index, layout).name, value}, layout, footprint);
  node->resplice(index, old_size, packed.view().size());
  std::memcpy(node->entries() + node->offset(index), packed.view().data(), packed.view().size());
  if (blob) Blob::release(blob, footprint);
  return true;
}

void PackedNode::erase(PackedNode*& node, unsigned index, const Layout& layout, std::ptrdiff_t& footprint) {
  Blob* blob = blob_of(node->entries() + node->offset(index));
  node->resplice(index, node->packed(index, layout).size(), 0);
  if (blob) Blob::release(blob, footprint);
  const unsigned last = --node->count;
  node->tags()[index] = node->tags()[last];
  node->set_offset(index, node->offset(last));
  // Shrinks a node that is more than half empty.
  const std::size_t needed = sizeof(PackedNode) + node->slots * std::size_t{3} + node->used;
  const std::size_t given = needed - node->used + node->capacity;
  if (given <= 256 || needed * 2 > given || node->count == 0) return;
  PackedNode* smaller = nullptr;
  TERRACE_CHECK(reserve(smaller, node->used, node->count, layout, footprint) && smaller);
  smaller->next = node->next;
  for (unsigned i = 0; i < node->count; ++i) TERRACE_CHECK(move(node, i, smaller, layout, footprint));
  release(node, footprint);
  node = smaller;
}

void PackedNode::release(PackedNode* node, std::ptrdiff_t& footprint) {
  footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(node));
  storage::release(node);
}

void PackedNode::destroy(PackedNode* node, std::ptrdiff_t& footprint) {
  for (unsigned i = 0; i < node->count; ++i) {
    if (Blob* blob = blob_of(node->entries() + node->offset(i))) Blob::release(blob, footprint);
  }
  release(node, footprint);
}

}  // namespace terrace::types
