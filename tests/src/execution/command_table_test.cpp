#include "src/execution/command_table.h"

#include <gtest/gtest.h>

#include "src/commands/command_families.h"

namespace terrace {
namespace {

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

}  // namespace
}  // namespace terrace
