// Number: reads and writes numbers as text, digit for digit as Redis does.
// Thread: pure functions.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/text/integer.h"

namespace terrace::types {

inline constexpr std::size_t kMaxIntegerDigits = 20;  // "-9223372036854775808"

// The strict reading of integers: no blanks, no plus sign, no leading zeros, no "-0".
using terrace::parse_integer;

// Accepts what strtold accepts (also hexadecimal and "inf"), without leading blanks, trailing bytes, NaN or values out
// of range.
std::optional<long double> parse_real(std::string_view text);

// Decimal with at most 17 digits behind the point, without trailing zeros or an exponent.
std::string format_real(long double number);

// An integer's digits, on the stack.
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
