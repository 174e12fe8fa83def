#include "src/text/pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace terrace::types {
namespace {

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

}  // namespace
}  // namespace terrace::types
