// BitField: integers of 1 to 64 bits at any place in a string's bits, the highest bit first: their types, reading and
// writing them, and overflow. Bits beyond the bytes are 0.
// Ownership: borrows the bytes.
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace terrace::types {

struct BitFieldType {
  bool is_signed = false;
  unsigned bits = 0;  // 1 to 64; unsigned at most 63

  // "i16", "u8".
  static std::optional<BitFieldType> parse(std::string_view text);
};

enum class Overflow : std::uint8_t { kWrap, kSaturate, kFail };

std::int64_t read_bit_field(std::string_view bytes, BitFieldType type, std::uint64_t offset);
// All bytes that the field touches must exist. Writes the lowest bits of `value`.
void write_bit_field(char* bytes, BitFieldType type, std::uint64_t offset, std::int64_t value);

// `value` as the type can hold it; nullopt if the overflow must fail. For an unsigned type, a negative number is the
// large number with the same 64 bits.
std::optional<std::int64_t> fit_bit_field(BitFieldType type, std::int64_t value, Overflow overflow);
// The same for the sum of a value of this type and an increment.
std::optional<std::int64_t> add_to_bit_field(BitFieldType type, std::int64_t value, std::int64_t increment,
                                             Overflow overflow);

}  // namespace terrace::types
