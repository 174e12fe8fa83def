#include "src/types/encoding/score_leaf.h"

#include <algorithm>
#include <cstring>

#include "storage/memory/allocation.h"

namespace terrace::types {
namespace {

constexpr std::uint8_t kBlobMark = 255;
constexpr std::size_t kHeadSize = 2;
constexpr std::size_t kBlobPointerBytes = sizeof(void*);

// A member too large for a leaf.
struct MemberBlob {
  std::uint32_t size;

  static MemberBlob* make(std::string_view member, std::ptrdiff_t& footprint) {
    void* memory = storage::allocate(sizeof(MemberBlob) + member.size());
    footprint += static_cast<std::ptrdiff_t>(storage::usable_size(memory));
    MemberBlob* blob = ::new (memory) MemberBlob{static_cast<std::uint32_t>(member.size())};
    std::copy(member.begin(), member.end(), reinterpret_cast<char*>(blob + 1));
    return blob;
  }
  static void release(MemberBlob* blob, std::ptrdiff_t& footprint) {
    if (blob == nullptr) return;
    footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(blob));
    storage::release(blob);
  }
  std::string_view member() const { return {reinterpret_cast<const char*>(this + 1), size}; }
};

std::uint8_t byte_at(const char* bytes, std::size_t place) {
  return static_cast<std::uint8_t>(bytes[place]);
}

std::string_view packed_score(const char* entry) {
  return {entry + kHeadSize, byte_at(entry, 1)};
}
const char* behind_score(const char* entry) {
  return entry + kHeadSize + byte_at(entry, 1);
}

// nullptr if the member is in the leaf.
MemberBlob* member_blob(const char* entry) {
  if (byte_at(entry, 0) != kBlobMark) return nullptr;
  MemberBlob* blob;
  std::memcpy(&blob, behind_score(entry), kBlobPointerBytes);
  return blob;
}

bool fits_inside(std::string_view member) {
  return member.size() <= ScoreLeaf::kLongestInside;
}

// An element's packed bytes, on the stack.
class PackedScored {
 public:
  PackedScored(const ScoredMember& element, std::ptrdiff_t& footprint) {
    const PackedScore score(element.score);
    const std::string_view bytes = score.view();
    bytes_[0] = static_cast<char>(fits_inside(element.member) ? element.member.size() : kBlobMark);
    bytes_[1] = static_cast<char>(bytes.size());
    char* end = std::copy(bytes.begin(), bytes.end(), bytes_ + kHeadSize);
    if (fits_inside(element.member)) {
      end = std::copy(element.member.begin(), element.member.end(), end);
    } else {
      MemberBlob* blob = MemberBlob::make(element.member, footprint);
      std::memcpy(end, &blob, kBlobPointerBytes);
      end += kBlobPointerBytes;
    }
    size_ = static_cast<std::size_t>(end - bytes_);
  }
  std::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[kHeadSize + PackedScore::kMaxSize + ScoreLeaf::kLongestInside];
  std::size_t size_;
};

}  // namespace

std::uint16_t ScoreLeaf::distance(unsigned index) const {
  std::uint16_t distance;
  std::memcpy(&distance, slots() + index * kSlotSize, sizeof distance);
  return distance;
}

void ScoreLeaf::set_distance(unsigned index, std::size_t distance) {
  const auto narrow = static_cast<std::uint16_t>(distance);
  std::memcpy(slots() + index * kSlotSize, &narrow, sizeof narrow);
}

double ScoreLeaf::score(unsigned index) const {
  return PackedScore::unpack(packed_score(entry(index)));
}

ScoredMember ScoreLeaf::element(unsigned index) const {
  const char* at = entry(index);
  const MemberBlob* blob = member_blob(at);
  return {PackedScore::unpack(packed_score(at)),
          blob ? blob->member() : std::string_view(behind_score(at), byte_at(at, 0))};
}

std::string_view ScoreLeaf::packed(unsigned index) const {
  const char* at = entry(index);
  const std::size_t behind = byte_at(at, 0) == kBlobMark ? kBlobPointerBytes : byte_at(at, 0);
  return {at, kHeadSize + byte_at(at, 1) + behind};
}

std::size_t ScoreLeaf::packed_size(const ScoredMember& element) {
  return kSlotSize + kHeadSize + PackedScore(element.score).view().size() +
         (fits_inside(element.member) ? element.member.size() : kBlobPointerBytes);
}

unsigned ScoreLeaf::find(std::string_view member, std::uint8_t wanted) const {
  for (unsigned i = 0; i < count; ++i) {
    if (tag(i) == wanted && element(i).member == member) return i;
  }
  return kNone;
}

void ScoreLeaf::resize(ScoreLeaf*& leaf, std::size_t size, std::ptrdiff_t& footprint) {
  void* memory = storage::allocate(size);
  footprint += static_cast<std::ptrdiff_t>(storage::usable_size(memory));
  const auto given = static_cast<std::uint16_t>(std::min<std::size_t>(storage::usable_size(memory), 0xFFFF));
  auto* resized = ::new (memory) ScoreLeaf{.count = 0, .used = 0, .size = given};
  if (leaf) {
    resized->count = leaf->count;
    resized->used = leaf->used;
    std::memcpy(resized->slots(), leaf->slots(), leaf->count * kSlotSize);
    std::memcpy(reinterpret_cast<char*>(resized) + given - leaf->used,
                reinterpret_cast<char*>(leaf) + leaf->size - leaf->used, leaf->used);
    footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(leaf));
    storage::release(leaf);
  }
  leaf = resized;
}

void ScoreLeaf::insert_packed(ScoreLeaf*& leaf, unsigned index, std::uint8_t tag, std::string_view packed,
                              std::ptrdiff_t& footprint) {
  const std::size_t needed = (leaf ? leaf->packed_size() : sizeof(ScoreLeaf)) + kSlotSize + packed.size();
  // A sixteenth more than needed: each growth costs a copy, and slack costs memory.
  if (leaf == nullptr || needed > leaf->size) resize(leaf, needed + needed / 16, footprint);
  char* slot = leaf->slots() + index * kSlotSize;
  std::memmove(slot + kSlotSize, slot, (leaf->count - index) * kSlotSize);
  leaf->used = static_cast<std::uint16_t>(leaf->used + packed.size());
  ++leaf->count;
  leaf->set_distance(index, leaf->used);
  slot[2] = static_cast<char>(tag);
  std::memcpy(leaf->entry(index), packed.data(), packed.size());
}

void ScoreLeaf::insert(ScoreLeaf*& leaf, unsigned index, std::uint8_t tag, const ScoredMember& element,
                       std::ptrdiff_t& footprint) {
  insert_packed(leaf, index, tag, PackedScored(element, footprint).view(), footprint);
}

void ScoreLeaf::erase_packed(ScoreLeaf*& leaf, unsigned index, std::ptrdiff_t& footprint) {
  const std::size_t size = leaf->packed(index).size(), gone = leaf->distance(index);
  char* used = reinterpret_cast<char*>(leaf) + leaf->size - leaf->used;
  std::memmove(used + size, used, leaf->used - gone);
  leaf->used = static_cast<std::uint16_t>(leaf->used - size);
  char* slot = leaf->slots() + index * kSlotSize;
  --leaf->count;
  std::memmove(slot, slot + kSlotSize, (leaf->count - index) * kSlotSize);
  for (unsigned i = 0; i < leaf->count; ++i) {
    if (const std::size_t each = leaf->distance(i); each > gone) leaf->set_distance(i, each - size);
  }
  give_back(leaf, footprint);
}

// Shrinks a leaf that is more than half empty.
void ScoreLeaf::give_back(ScoreLeaf*& leaf, std::ptrdiff_t& footprint) {
  constexpr std::size_t kSmall = 128;
  if (leaf->size > kSmall && leaf->packed_size() * 2 < leaf->size) resize(leaf, leaf->packed_size(), footprint);
}

void ScoreLeaf::erase(ScoreLeaf*& leaf, unsigned index, std::ptrdiff_t& footprint) {
  MemberBlob::release(member_blob(leaf->entry(index)), footprint);
  erase_packed(leaf, index, footprint);
}

void ScoreLeaf::move_tail(ScoreLeaf*& from, unsigned index, ScoreLeaf*& to, std::ptrdiff_t& footprint) {
  std::size_t bytes = to ? to->packed_size() : sizeof(ScoreLeaf);
  for (unsigned i = index; i < from->count; ++i) bytes += kSlotSize + from->packed(i).size();
  if (to == nullptr || to->size < bytes) resize(to, bytes, footprint);
  for (unsigned i = index; i < from->count; ++i) {
    insert_packed(to, to->count, from->tag(i), from->packed(i), footprint);
  }
  // Copies the elements that stay, without gaps.
  ScoreLeaf* rest = nullptr;
  std::size_t stays = sizeof(ScoreLeaf);
  for (unsigned i = 0; i < index; ++i) stays += kSlotSize + from->packed(i).size();
  resize(rest, stays, footprint);
  for (unsigned i = 0; i < index; ++i) insert_packed(rest, i, from->tag(i), from->packed(i), footprint);
  footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(from));
  storage::release(from);
  from = rest;
}

void ScoreLeaf::destroy(ScoreLeaf* leaf, std::ptrdiff_t& footprint) {
  for (unsigned i = 0; i < leaf->count; ++i) MemberBlob::release(member_blob(leaf->entry(i)), footprint);
  footprint -= static_cast<std::ptrdiff_t>(storage::usable_size(leaf));
  storage::release(leaf);
}

}  // namespace terrace::types
