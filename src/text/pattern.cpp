#include "src/text/pattern.h"

#include <cctype>
#include <cstddef>
#include <utility>

namespace terrace::types {
namespace {

// Bytes compare as signed, as in Redis: this matters for ranges beyond ASCII.
int fold(char c, Letters letters) {
  return letters == Letters::kExact ? static_cast<signed char>(c) : std::tolower(static_cast<unsigned char>(c));
}

bool in_range(char first, char last, char c, Letters letters) {
  int low = static_cast<signed char>(first);
  int high = static_cast<signed char>(last);
  if (low > high) std::swap(low, high);
  if (letters == Letters::kAnyCase) {
    low = std::tolower(low & 0xff);
    high = std::tolower(high & 0xff);
  }
  const int value = fold(c, letters);
  return value >= low && value <= high;
}

// Matches `c` against the class whose '[' is at `at`, and moves `at` behind it. A class without its ']' ends with the
// pattern.
bool match_class(std::string_view pattern, std::size_t& at, char c, Letters letters) {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      ++at;
      found |= pattern[at] == c;  // an escaped byte must match exactly, even if case is ignored
    } else if (left >= 3 && pattern[at + 1] == '-') {
      found |= in_range(pattern[at], pattern[at + 2], c, letters);
      at += 2;
    } else {
      found |= fold(pattern[at], letters) == fold(c, letters);
    }
    ++at;
  }
  if (at < pattern.size()) ++at;
  return found != negated;
}

// Matches one byte against the token at `at` (any but '*'), and moves `at` behind the token.
bool match_token(std::string_view pattern, std::size_t& at, char c, Letters letters) {
  if (pattern[at] == '?') {
    ++at;
    return true;
  }
  if (pattern[at] == '[') return match_class(pattern, at, c, letters);
  if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
  return fold(pattern[at++], letters) == fold(c, letters);
}

}  // namespace

bool matches(std::string_view pattern, std::string_view text, Letters letters) {
  // As in Redis: only an empty pattern matches an empty text; "*" does not.
  if (text.empty()) return pattern.empty();

  // Every token but '*' takes exactly one byte, so returning to the last star is enough.
  constexpr std::size_t kNoStar = std::string_view::npos;
  std::size_t at = 0;
  std::size_t position = 0;
  std::size_t after_star = kNoStar;
  std::size_t star_position = 0;
  while (position < text.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      while (at < pattern.size() && pattern[at] == '*') ++at;
      if (at == pattern.size()) return true;
      after_star = at;
      star_position = position;
    } else if (at < pattern.size() && match_token(pattern, at, text[position], letters)) {
      ++position;
    } else {
      if (after_star == kNoStar) return false;
      at = after_star;
      position = ++star_position;
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace terrace::types
