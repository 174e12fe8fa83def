#include "src/text/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace terrace::types {
namespace {

bool matches(std::string_view pattern, std::string_view text, Letters letters = Letters::kExact) {
  return Pattern(pattern, letters).matches(text);
}

struct Case {
  std::string_view pattern, text;
  bool matches;
};

// Each verified against redis-server 7.0.15 with KEYS.
constexpr Case kCases[] = {
    {"*", "a", true},
    {"h?llo", "hello", true},
    {"h?llo", "hllo", false},
    {"h*llo", "hllo", true},
    {"h*llo", "heeeello", true},
    {"h[ae]llo", "hallo", true},
    {"h[ae]llo", "hillo", false},
    {"h[^e]llo", "hallo", true},
    {"h[^e]llo", "hello", false},
    {"h[a-b]llo", "hbllo", true},
    {"h[b-a]llo", "hallo", true},
    {"h[a-b]llo", "hcllo", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"a\\", "a\\", true},
    {"[\\]]", "]", true},
    {"[a", "a", true},
    {"[a", "b", false},
    {"[", "a", false},
    {"[^", "a", true},
    {"[]", "a", false},
    {"[^]", "a", true},
    {"[a-]", "a", true},
    {"[a-]", "-", false},
    {"[-a]", "-", true},
    {"a**b", "ab", true},
    {"a**", "a", true},
    {"*a*b", "xaxxb", true},
    {"*a*b", "xaxxbc", false},
    {"", "a", false},
    {"a", "", false},
    {"a*b*c", "abbbbc", true},
    {"[[]", "[", true},
    {"A", "a", false},
    {"?", "ab", false},
    {"a?", "a", false},
    {"ab*ba", "aba", false},
    {"*ab*ab", "aab", false},
    {"*ab*ab", "abab", true},
    {"a*[bc]?*d", "abd", false},
    {"a*[bc]?*d", "axcdd", true},
    {"*[^a-y]", "aaz", true},
    {"[\\^a]b*", "^bc", true},
    {"\xe0*[\xf0-\x05]", "\xe0\xff", true},
    {"\xe0*[\xf0-\x05]", "\xe0z", false},
};

TEST(Pattern, MatchesAsRedisDoes) {
  for (const Case& c : kCases) EXPECT_EQ(matches(c.pattern, c.text), c.matches) << c.pattern << " on " << c.text;
}

TEST(Pattern, OnlyTheEmptyPatternMatchesTheEmptyText) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("*", ""));
  EXPECT_FALSE(matches("?", ""));
}

TEST(Pattern, IgnoresCaseOnRequest) {
  EXPECT_TRUE(matches("H[A-C]*O", "hbLLo", Letters::kAnyCase));
  EXPECT_FALSE(matches("[\\A]", "a", Letters::kAnyCase));
  EXPECT_TRUE(matches("[\\A]", "A", Letters::kAnyCase));
}

TEST(Pattern, ManyStarsTakeNoLongTime) {
  std::string pattern;
  for (int i = 0; i < 1000; ++i) pattern += "a*";
  EXPECT_FALSE(matches(pattern + "b", std::string(5000, 'a')));
}

// Each would take minutes if the class, or the segment, were read again at each byte of the text.
TEST(Pattern, LongClassesAndSegmentsAreReadOnce) {
  std::string letters;
  for (int i = 0; i < 500'000; ++i) letters += "abcdefgh";
  const std::string text(400'000, 'x');
  const Pattern pattern("*[" + letters + "]z");
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(pattern.matches(text + 'y'));
  EXPECT_TRUE(pattern.matches(text + "az"));
  EXPECT_FALSE(Pattern("*" + text + "y*").matches(text + text));
}

}  // namespace
}  // namespace terrace::types
