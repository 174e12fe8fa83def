// equals_ignoring_case: compares names of commands and directives, and their keywords. ASCII only, as in Redis.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace terrace {

inline bool equals_ignoring_case(std::string_view a, std::string_view b) {
  constexpr unsigned kCase = 'a' ^ 'A';
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const unsigned differing = static_cast<unsigned char>(a[i] ^ b[i]);
    if (differing == 0) continue;
    const unsigned letter = static_cast<unsigned char>(a[i]) | kCase;
    if (differing != kCase || letter < 'a' || letter > 'z') return false;
  }
  return true;
}

}  // namespace terrace
