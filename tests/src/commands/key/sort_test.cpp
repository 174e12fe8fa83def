#include "src/commands/key/sort.h"

#include <gtest/gtest.h>

#include "src/commands/command_families.h"
#include "src/execution/command_table.h"

namespace terrace::commands {
namespace {

using namespace std::string_view_literals;

TEST(SortPattern, NamesAKeyForEachElement) {
  EXPECT_EQ(SortPattern("weight_*").key_for("7"), "weight_7");
  EXPECT_EQ(SortPattern("*").key_for("7"), "7");
  EXPECT_EQ(SortPattern("a*b*c").key_for("x"), "axb*c");
  EXPECT_EQ(SortPattern("h:*:z->field").key_for("1"), "h:1:z");
  EXPECT_EQ(SortPattern("h:*->").key_for("1"), "h:1->");
  EXPECT_EQ(SortPattern("h->:*").key_for("1"), "h->:1");
}

TEST(SortPattern, NamesNoKeysWithoutAStar) {
  EXPECT_FALSE(SortPattern("#").names_keys());
  EXPECT_FALSE(SortPattern("nosort").names_keys());
  EXPECT_FALSE(SortPattern("").names_keys());
  EXPECT_TRUE(SortPattern("#*").names_keys());
}

TEST(SortPattern, IsSearchedUpToANulAndKeepsWhatIsBehind) {
  EXPECT_FALSE(SortPattern("a\0*"sv).names_keys());
  EXPECT_EQ(SortPattern("a*\0b"sv).key_for("1"), "a1\0b"sv);
  EXPECT_EQ(SortPattern("a*\0->f"sv).key_for("1"), "a1\0->f"sv);
}

std::size_t target(std::vector<std::string_view> arguments) {
  return sort_target(arguments);
}

TEST(SortTarget, IsTheLastStoreThatIsNoOthersArgument) {
  EXPECT_EQ(target({"sort", "k"}), 0u);
  EXPECT_EQ(target({"sort", "k", "STORE", "d"}), 3u);
  EXPECT_EQ(target({"sort", "k", "store", "d", "ALPHA", "Store", "e"}), 6u);
  EXPECT_EQ(target({"sort", "k", "BY", "store", "GET", "store", "LIMIT", "store", "store"}), 0u);
  EXPECT_EQ(target({"sort", "k", "store"}), 0u);
  EXPECT_EQ(target({"sort", "store", "x"}), 0u);
}

TEST(SortTarget, IsAmongTheCommandsKeys) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  std::vector<KeyPosition> keys;
  const std::string_view store[] = {"SORT", "k", "BY", "x*", "STORE", "d"};
  ASSERT_TRUE(find_keys(*table.find("sort")->row, store, keys));
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].argument, 1u);
  EXPECT_EQ(keys[1].argument, 5u);
  EXPECT_EQ(keys[1].flags, "OW update");
}

}  // namespace
}  // namespace terrace::commands
