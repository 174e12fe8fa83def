// The keys that a turn has changed: each once, sorted, with who has changed it.
#include "src/pubsub/changed_keys.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace terrace {
namespace {

TEST(ChangedKeys, AreToldSortedAndEachOnce) {
  ChangedKeys keys;
  for (const std::string_view name : {"b", "a", "b", "", "ab"}) keys.add(name, 1, 0);
  EXPECT_EQ(keys.size(), 5u);
  std::vector<std::string> names;
  for (const ChangedKeys::Key& key : keys.sorted()) names.emplace_back(key.name);
  EXPECT_EQ(names, (std::vector<std::string>{"", "a", "ab", "b"}));
}

TEST(ChangedKeys, AKeyOfSeveralWritersHasNoneOfThem) {
  ChangedKeys keys;
  keys.add("of one", 1, 0);
  keys.add("of two", 1, 0);
  keys.add("of one", 1, 0);
  keys.add("of two", 2, 0);
  keys.add("of two", 2, 0);
  const auto sorted = keys.sorted();
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0].writer, 1u);
  EXPECT_EQ(sorted[1].writer, ChangedKeys::kSeveral);
}

TEST(ChangedKeys, HaveTheLastPositionOfAnyChange) {
  ChangedKeys keys;
  keys.add("a", 1, 7);
  keys.add("b", 1, 20);
  keys.add("a", 1, 9);
  EXPECT_EQ(keys.position(), 20u);
}

TEST(ChangedKeys, NothingStaysOfATurn) {
  ChangedKeys keys;
  for (const std::size_t size : {10u, 1u << 20}) {
    keys.add(std::string(size, 'x'), 1, 5);
    EXPECT_EQ(keys.sorted().size(), 1u);
    keys.clear();
    EXPECT_TRUE(keys.empty());
    EXPECT_TRUE(keys.sorted().empty());
    EXPECT_EQ(keys.position(), 0u);
  }
}

}  // namespace
}  // namespace terrace
