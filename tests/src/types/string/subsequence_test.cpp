#include "src/types/string/subsequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace terrace::types {
namespace {

std::uint32_t plain_size(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::uint32_t>> best(a.size() + 1, std::vector<std::uint32_t>(b.size() + 1, 0));
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      best[i][j] = a[i - 1] == b[j - 1] ? best[i - 1][j - 1] + 1 : std::max(best[i - 1][j], best[i][j - 1]);
    }
  }
  return best[a.size()][b.size()];
}

bool is_subsequence(std::string_view part, std::string_view whole) {
  for (const char c : part) {
    const std::size_t at = whole.find(c);
    if (at == std::string_view::npos) return false;
    whole.remove_prefix(at + 1);
  }
  return true;
}

TEST(Subsequence, OfTheExampleInRedisDocumentation) {
  const Subsequence common("ohmytext", "mynewtext");
  EXPECT_EQ(common.text(), "mytext");
  EXPECT_EQ(common.size(), 6u);
  const auto ranges = common.ranges();
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].first_a, 4u);
  EXPECT_EQ(ranges[0].last_a, 7u);
  EXPECT_EQ(ranges[0].first_b, 5u);
  EXPECT_EQ(ranges[0].last_b, 8u);
  EXPECT_EQ(ranges[1].first_a, 2u);
  EXPECT_EQ(ranges[1].size(), 2u);
}

TEST(Subsequence, OfNothingIsNothing) {
  EXPECT_EQ(Subsequence("", "").text(), "");
  EXPECT_EQ(Subsequence("abc", "").size(), 0u);
  EXPECT_TRUE(Subsequence("", "abc").ranges().empty());
}

TEST(Subsequence, IsCommonAndLongest) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string a(random() % 40, 'a');
    std::string b(random() % 40, 'a');
    for (char& c : a) c = static_cast<char>('a' + random() % 3);
    for (char& c : b) c = static_cast<char>('a' + random() % 3);
    const Subsequence common(a, b);
    EXPECT_EQ(common.size(), plain_size(a, b));
    EXPECT_EQ(common.text().size(), common.size());
    EXPECT_TRUE(is_subsequence(common.text(), a) && is_subsequence(common.text(), b));
    std::uint32_t total = 0;
    for (const CommonRange& range : common.ranges()) {
      total += range.size();
      EXPECT_EQ(a.substr(range.first_a, range.size()), b.substr(range.first_b, range.size()));
    }
    EXPECT_EQ(total, common.size());
  }
}

}  // namespace
}  // namespace terrace::types
