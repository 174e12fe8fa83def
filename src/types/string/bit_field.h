// BitField: integers of 1 to 64 bits anywhere in a string's bits, the highest bit first: what they are, how they are
// read and written, and what becomes of a number that does not fit one. Bits beyond the bytes read as 0.
// Ownership: borrows the bytes. Thread: plain functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace terrace::types {

struct BitFieldType {
  bool is_signed = false;
  unsigned bits = 0;  // 1 to 64, unsigned 63 at most

  // "i16", "u8".
  static std::optional<BitFieldType> parse(std::string_view text);
};

enum class Overflow : std::uint8_t { kWrap, kSaturate, kFail };

std::int64_t read_bit_field(std::string_view bytes, BitFieldType type, std::uint64_t offset);
// All bytes that it touches must be there. Takes the lowest bits of `value`.
void write_bit_field(char* bytes, BitFieldType type, std::uint64_t offset, std::int64_t value);

// `value` as the type can hold it; nothing where it must fail. An unsigned type takes a negative number for the large
// one of the same 64 bits.
std::optional<std::int64_t> fit_bit_field(BitFieldType type, std::int64_t value, Overflow overflow);
// The same for the sum of a number of this type and an increment.
std::optional<std::int64_t> add_to_bit_field(BitFieldType type, std::int64_t value, std::int64_t increment,
                                             Overflow overflow);

}  // namespace terrace::types
