#include <gtest/gtest.h>

#include "src/commands/command_families.h"
#include "src/execution/command_table.h"
#include "src/execution/command_usage.h"
#include "src/execution/effects.h"

namespace terrace {
namespace {

TEST(Effects, AreRespCommands) {
  Effects effects;
  effects.add(3, {"DEL", "key"});
  effects.add(0, {"SET", "a", ""});
  EXPECT_EQ(effects.text(), "*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n");
  ASSERT_EQ(effects.entries().size(), 2u);
  EXPECT_EQ(effects.entries()[0].database, 3u);
  EXPECT_EQ(effects.entries()[0].end, 22u);
}

TEST(CommandTable, FindsInAnyCaseAndSubcommands) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  ASSERT_NE(table.find("GeT"), nullptr);
  EXPECT_EQ(table.find("gett"), nullptr);
  EXPECT_EQ(table.find(""), nullptr);
  std::string_view list[] = {"CLIENT", "List"};
  EXPECT_EQ(table.find(list)->name(), "client|list");
  std::string_view nonsense[] = {"CLIENT", "nonsense"};
  EXPECT_EQ(table.find(nonsense)->name(), "client");
  EXPECT_EQ(table.find_full("config|get")->own_name(), "get");
  for (const auto& entry : table.entries()) EXPECT_EQ(table.find(entry->name()), entry.get());
}

TEST(FindKeys, RangesAndSteps) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  std::vector<KeyPosition> keys;
  std::string_view mset[] = {"mset", "a", "1", "b", "2"};
  ASSERT_TRUE(find_keys(*table.find("mset")->row, mset, keys));
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[1].argument, 3u);
  keys.clear();
  std::string_view usage[] = {"memory", "usage", "k"};
  ASSERT_TRUE(find_keys(*table.find(usage)->row, usage, keys));
  EXPECT_EQ(keys[0].argument, 2u);
}

TEST(FindKeys, AnOptionsWordAtTheEndNamesNoKey) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  std::vector<KeyPosition> keys;
  std::string_view stored[] = {"georadius", "k", "1", "2", "3", "m", "store", "to"};
  ASSERT_TRUE(find_keys(*table.find("georadius")->row, stored, keys));
  EXPECT_EQ(keys.size(), 2u);
  keys.clear();
  ASSERT_TRUE(find_keys(*table.find("georadius")->row, std::span(stored).first(7), keys));
  EXPECT_EQ(keys.size(), 1u);
  keys.clear();
  std::string_view read[] = {"xread", "count", "1", "streams"};
  EXPECT_FALSE(find_keys(*table.find("xread")->row, read, keys));
}

TEST(LatencyHistogram, CountsAndPercentiles) {
  LatencyHistogram histogram;
  for (std::uint64_t ns = 1; ns <= 1000; ++ns) histogram.record(ns * 1000);
  EXPECT_EQ(histogram.total(), 1000u);
  EXPECT_EQ(histogram.count_up_to(LatencyHistogram::kMaxNs), 1000u);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), 500000, 500000 / 16.0);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(99)), 990000, 990000 / 16.0);
  EXPECT_NEAR(static_cast<double>(histogram.count_up_to(250000)), 250, 16);
}

}  // namespace
}  // namespace terrace
