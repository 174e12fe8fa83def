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

TEST(CommandNames, OnlyLettersHaveTwoCases) {
  CommandNames names;
  CommandEntry entry, longer;
  names.add("a@[`{z\xC1", entry);
  names.add("restore-asking", longer);
  EXPECT_EQ(names.find("A@[`{Z\xC1"), &entry);
  EXPECT_EQ(names.find("a`[`{z\xC1"), nullptr);
  EXPECT_EQ(names.find("a@{`{z\xC1"), nullptr);
  EXPECT_EQ(names.find("a@[`{z\xE1"), nullptr);
  EXPECT_EQ(names.find("RESTORE-ASKING"), &longer);
  EXPECT_EQ(names.find("RESTORE\rASKING"), nullptr);
  EXPECT_EQ(names.find("restore-\rasking"), nullptr);
  EXPECT_EQ(names.find("restore-askinh"), nullptr);
}

TEST(CommandNames, WhatIsBehindARemovedNameIsStillFound) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  CommandNames names;
  for (const auto& entry : table.entries()) names.add(entry->name(), *entry);
  for (const auto& removed : table.entries()) {
    names.remove(removed->name());
    EXPECT_EQ(names.find(removed->name()), nullptr);
    for (const auto& entry : table.entries()) {
      EXPECT_EQ(names.find(entry->name()), entry == removed ? nullptr : entry.get());
    }
    names.add(removed->name(), *removed);
  }
}

}  // namespace
}  // namespace terrace
