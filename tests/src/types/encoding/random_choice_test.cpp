// Chance is fair: each element is chosen as often as any other, and none twice where none may be.
#include "src/types/encoding/random_choice.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "src/types/set/set.h"

namespace terrace::types {
namespace {

TEST(RandomChoice, TakesEachMemberAsOftenAsAnother) {
  const CollectionLimits limits;
  for (const unsigned size : {20u, 100u, 400u}) {
    NewSet set(SetInValue(), limits);
    for (unsigned i = 0; i < size; ++i) set.add("member" + std::to_string(i));
    for (const unsigned count : {3u, size / 2, size, size + 5}) {
      std::map<std::string, unsigned> chosen;
      const unsigned rounds = 200 * size / count + 1;
      Random random(size + count);
      for (unsigned round = 0; round < rounds; ++round) {
        std::set<std::string> now;
        choose_distinct(set.view(), count, random,
                        [&](std::string_view member) { EXPECT_TRUE(now.emplace(member).second); });
        EXPECT_EQ(now.size(), std::min(count, size));
        for (const std::string& member : now) ++chosen[member];
      }
      EXPECT_EQ(chosen.size(), size);
      // 200 are expected of each; six times the deviation.
      for (const auto& [member, times] : chosen)
        EXPECT_NEAR(times, static_cast<double>(rounds * std::min(count, size)) / static_cast<double>(size), 90)
            << member;
    }
  }
}

TEST(RandomChoice, RepeatsWhereItMay) {
  const CollectionLimits limits;
  NewSet set(SetInValue(), limits);
  for (const char* member : {"1", "2", "3"}) set.add(member);
  std::map<std::string, unsigned> chosen;
  Random random(1);
  unsigned left = 3000;
  const auto add = [&](std::string_view member) {
    ++chosen[std::string(member)];
    --left;
  };
  choose_with_repeats(set.view(), 1'000'000, random, add, [&] { return left == 0; });
  EXPECT_EQ(left, 0u);
  EXPECT_EQ(chosen.size(), 3u);
  for (const auto& [member, times] : chosen) EXPECT_NEAR(times, 1000, 160) << member;
}

}  // namespace
}  // namespace terrace::types
