// parse_integer: Redis' strict reading of a decimal number, for lengths and arguments: no blanks, no plus sign, no
// leading zeros, no "-0", within 64 bits.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace terrace {

inline std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.empty() || text.size() > 20) return std::nullopt;
  if (text.size() == 1 && text[0] >= '0' && text[0] <= '9') return text[0] - '0';
  std::size_t first = text[0] == '-' ? 1 : 0;
  if (first == text.size() || text[first] < '1' || text[first] > '9') return std::nullopt;
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace terrace
