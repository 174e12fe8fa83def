// equals_ignoring_case: compares names of commands and directives, and their keywords. ASCII only, as in Redis.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace terrace {

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace terrace
