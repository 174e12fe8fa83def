#include "src/types/string/bit_field.h"

#include <algorithm>
#include <limits>

#include "src/text/number.h"

namespace terrace::types {
namespace {

__extension__ typedef __int128 Wide;  // for the sum of any two 64-bit numbers

constexpr unsigned kMaxBits = 64;

Wide largest(BitFieldType type) {
  return (Wide{1} << (type.is_signed ? type.bits - 1 : type.bits)) - 1;
}
Wide smallest(BitFieldType type) {
  return type.is_signed ? -(Wide{1} << (type.bits - 1)) : 0;
}

// The lowest bits of a number, as a value of this type.
std::int64_t wrap(BitFieldType type, std::uint64_t number) {
  const unsigned unused = kMaxBits - type.bits;
  const std::uint64_t shifted = number << unused;
  if (type.is_signed) return static_cast<std::int64_t>(shifted) >> unused;
  return static_cast<std::int64_t>(shifted >> unused);
}

std::optional<std::int64_t> fit(BitFieldType type, Wide number, Overflow overflow) {
  if (number >= smallest(type) && number <= largest(type)) return static_cast<std::int64_t>(number);
  switch (overflow) {
    case Overflow::kWrap:
      return wrap(type, static_cast<std::uint64_t>(number));
    case Overflow::kSaturate:
      return static_cast<std::int64_t>(std::clamp(number, smallest(type), largest(type)));
    case Overflow::kFail:
      break;
  }
  return std::nullopt;
}

// The exact number of a value of this type.
Wide widen(BitFieldType type, std::int64_t value) {
  return type.is_signed ? Wide{value} : Wide{static_cast<std::uint64_t>(value)};
}

}  // namespace

std::optional<BitFieldType> BitFieldType::parse(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const auto bits = parse_integer(text.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? kMaxBits : kMaxBits - 1)) return std::nullopt;
  return BitFieldType{is_signed, static_cast<unsigned>(*bits)};
}

// A field touches at most nine bytes: they are gathered into one number, and the field is cut out of that.
std::int64_t read_bit_field(std::string_view bytes, BitFieldType type, std::uint64_t offset) {
  const std::uint64_t first = offset / 8;
  const unsigned skipped = static_cast<unsigned>(offset % 8);
  const unsigned touched = (skipped + type.bits + 7) / 8;
  Wide window = 0;
  for (unsigned i = 0; i < touched; ++i) {
    const std::uint64_t at = first + i;
    window = window << 8 | (at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : 0);
  }
  return wrap(type, static_cast<std::uint64_t>(window >> (touched * 8 - skipped - type.bits)));
}

void write_bit_field(char* bytes, BitFieldType type, std::uint64_t offset, std::int64_t value) {
  const std::uint64_t first = offset / 8;
  const unsigned skipped = static_cast<unsigned>(offset % 8);
  const unsigned touched = (skipped + type.bits + 7) / 8;
  const unsigned behind = touched * 8 - skipped - type.bits;
  const Wide mask = ((Wide{1} << type.bits) - 1) << behind;
  const Wide number = Wide{static_cast<std::uint64_t>(value)} << behind & mask;
  for (unsigned i = 0; i < touched; ++i) {
    const unsigned shift = (touched - 1 - i) * 8;
    const auto keep = static_cast<std::uint8_t>(~(mask >> shift));
    const auto part = static_cast<std::uint8_t>(number >> shift);
    bytes[first + i] = static_cast<char>((static_cast<std::uint8_t>(bytes[first + i]) & keep) | part);
  }
}

std::optional<std::int64_t> fit_bit_field(BitFieldType type, std::int64_t value, Overflow overflow) {
  // As in redis-server, which computes the distance to the largest number in 64 bits: if that overflows, the value
  // counts as above the largest number.
  const bool too_far = largest(type) - value > std::numeric_limits<std::int64_t>::max();
  if (overflow == Overflow::kSaturate && type.is_signed && type.bits < kMaxBits && too_far) {
    return static_cast<std::int64_t>(largest(type));
  }
  return fit(type, widen(type, value), overflow);
}

std::optional<std::int64_t> add_to_bit_field(BitFieldType type, std::int64_t value, std::int64_t increment,
                                             Overflow overflow) {
  return fit(type, widen(type, value) + increment, overflow);
}

}  // namespace terrace::types
