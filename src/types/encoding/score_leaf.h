// ScoreLeaf: a few dozen members of a large sorted set with their scores, in order, packed into one allocation:
//
//   | count u16 | used u16 | size u16 | slots, in order: { distance from the end u16, tag u8 } | free | entries |
//
//   entry:  | member size u8 | score size u8 | score | member |
//           | 255            | score size u8 | score | pointer to a Blob |    a larger member
//
// A slot's tag is 8 bits of the member's hash, so that a look-up by member rarely reads a wrong entry.
// Ownership: ScoreTree owns leaves; a leaf owns its blobs.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "src/types/encoding/score.h"

namespace terrace::types {

struct ScoreLeaf {
  static constexpr std::size_t kLongestInside = 254;  // bytes of a member
  static constexpr unsigned kNone = ~0u;

  std::uint16_t count;
  std::uint16_t used;  // bytes of entries
  std::uint16_t size;  // of the whole leaf

  static std::uint8_t tag_of(std::uint32_t hash) { return static_cast<std::uint8_t>(hash >> 24); }

  ScoredMember element(unsigned index) const;
  double score(unsigned index) const;
  std::uint8_t tag(unsigned index) const { return static_cast<std::uint8_t>(slots()[index * kSlotSize + 2]); }
  unsigned find(std::string_view member, std::uint8_t tag) const;
  std::size_t packed_size() const { return sizeof(ScoreLeaf) + count * kSlotSize + used; }
  // The bytes that an element takes in a leaf.
  static std::size_t packed_size(const ScoredMember& element);

  // --- changes; the caller's pointer is updated, `footprint` grows by what the allocator gives; a null leaf is created
  static void insert(ScoreLeaf*& leaf, unsigned index, std::uint8_t tag, const ScoredMember& element,
                     std::ptrdiff_t& footprint);
  static void erase(ScoreLeaf*& leaf, unsigned index, std::ptrdiff_t& footprint);
  // Moves the elements from `index` on, with their blobs, behind those of another leaf.
  static void move_tail(ScoreLeaf*& from, unsigned index, ScoreLeaf*& to, std::ptrdiff_t& footprint);
  // Frees the leaf with its blobs.
  static void destroy(ScoreLeaf* leaf, std::ptrdiff_t& footprint);

 private:
  static constexpr std::size_t kSlotSize = 3;

  char* slots() { return reinterpret_cast<char*>(this + 1); }
  const char* slots() const { return const_cast<ScoreLeaf*>(this)->slots(); }
  std::uint16_t distance(unsigned index) const;
  void set_distance(unsigned index, std::size_t distance);
  char* entry(unsigned index) { return reinterpret_cast<char*>(this) + size - distance(index); }
  const char* entry(unsigned index) const { return const_cast<ScoreLeaf*>(this)->entry(index); }
  std::string_view packed(unsigned index) const;

  static void resize(ScoreLeaf*& leaf, std::size_t size, std::ptrdiff_t& footprint);
  static void insert_packed(ScoreLeaf*& leaf, unsigned index, std::uint8_t tag, std::string_view packed,
                            std::ptrdiff_t& footprint);
  static void erase_packed(ScoreLeaf*& leaf, unsigned index, std::ptrdiff_t& footprint);
  static void give_back(ScoreLeaf*& leaf, std::ptrdiff_t& footprint);
};

static_assert(sizeof(ScoreLeaf) == 6);

}  // namespace terrace::types
