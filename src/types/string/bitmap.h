// Bitmap: a string's bytes as bits, bit 0 the highest of byte 0: counting, finding and combining them, a word at a
// time. Bits beyond the bytes are 0.
// Ownership: borrows the bytes.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace terrace::types {

bool bit_at(std::string_view bytes, std::uint64_t offset);
// The bit's byte must exist.
void set_bit(char* bytes, std::uint64_t offset, bool bit);

// A range of bits, both ends included.
struct BitRange {
  std::uint64_t first;
  std::uint64_t last;
};

// The number of set bits in a range, which must lie within the bytes.
std::uint64_t count_bits(std::string_view bytes, BitRange range);
// The first bit of a range (likewise) with this value.
std::optional<std::uint64_t> find_bit(std::string_view bytes, BitRange range, bool bit);

enum class BitOperation : std::uint8_t {
  kAnd,
  kOr,
  kXor,
  kNot,    // of the single source
  kDiff,   // in the first source and in none of the others
  kDiff1,  // in one of the others and not in the first
  kAndOr,  // in the first and in one of the others
  kOne,    // in exactly one source
};

// Writes the first `size` bytes of the combination. Shorter sources continue with zeros. There must be at least one
// source. `out` must not overlap them.
void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* out, std::size_t size);

}  // namespace terrace::types
