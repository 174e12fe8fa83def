// Number: how numbers are read from and written into strings, digit for digit as Redis does.
// Thread: plain functions, no state.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/text/integer.h"

namespace terrace::types {

inline constexpr std::size_t kMaxIntegerDigits = 20;  // "-9223372036854775808"

// The one strict reading of integers: no blanks, no plus, no leading zeros, no "-0".
using terrace::parse_integer;

// Accepts all that strtold does (also hexadecimal and "inf"), but for leading blanks, rest, NaN and what is out of
// range.
std::optional<long double> parse_real(std::string_view text);

// Decimal with at most 17 digits behind the point, trailing zeros taken away, never an exponent.
std::string format_real(long double number);

// The digits of an integer, on the stack.
class IntegerText {
 public:
  explicit IntegerText(std::int64_t number)
      : size_(static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, number).ptr - digits_)) {}
  std::string_view view() const { return {digits_, size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)

 private:
  char digits_[kMaxIntegerDigits];
  std::size_t size_;
};

}  // namespace terrace::types
