// The rows of all families: complete, consistent, and no name twice.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "src/commands/command_families.h"

namespace terrace {
namespace {

void check_arguments(std::span<const Argument> arguments, std::size_t key_specs) {
  for (const Argument& argument : arguments) {
    EXPECT_FALSE(argument.name.empty()) << "an argument without a name";
    if (argument.type == Argument::Type::kKey) {
      EXPECT_LT(static_cast<std::size_t>(argument.key_spec), key_specs)
          << "the argument " << argument.name << " is a key, and .keys has no specification that finds it";
    }
    const bool has_parts = argument.type == Argument::Type::kOneOf || argument.type == Argument::Type::kBlock;
    EXPECT_EQ(has_parts, !argument.children.empty()) << argument.name << ": parts belong to one_of() and block()";
    check_arguments(argument.children, key_specs);
  }
}

void check_row(const Command& row, std::set<std::string_view>& names) {
  SCOPED_TRACE(std::string(row.name));
  EXPECT_TRUE(names.insert(row.name).second) << "a second row of this name";
  for (const char c : row.name)
    EXPECT_FALSE(std::isupper(static_cast<unsigned char>(c))) << "names are in small letters";
  // A container may also run by itself (COMMAND).
  const int handlers = (row.run != nullptr) + (row.run_async != nullptr) + (row.run_script != nullptr) + row.runs_queue;
  EXPECT_TRUE(handlers == 1 || (handlers == 0 && !row.subcommands.empty()))
      << "one of .run, .run_async, .run_script, .runs_queue";
  EXPECT_FALSE((row.flags & kWrite) != 0 && (row.flags & kReadonly) != 0) << "kWrite and kReadonly exclude each other";
  EXPECT_TRUE((row.flags & kDenyOom) == 0 || (row.flags & kWrite) != 0) << "kDenyOom is for kWrite";
  EXPECT_FALSE(row.summary.empty() || row.since.empty() || row.group.empty())
      << ".summary, .since and .group are for COMMAND DOCS";
  EXPECT_EQ(row.complexity.empty(), row.name == "monitor" || row.name == "lolwut")
      << "so is .complexity; Redis tells none of these";
  EXPECT_NE(row.arity, 0) << ".arity counts the name, too";
  for (const KeySpec& spec : row.keys) EXPECT_FALSE(spec.flags.empty()) << "a key specification without flags";
  check_arguments(row.arguments, row.keys.size());
  for (const Command& subcommand : row.subcommands) {
    EXPECT_TRUE(subcommand.name.starts_with(std::string(row.name) + "|"));
    check_row(subcommand, names);
  }
}

TEST(Rows, AreCompleteAndConsistent) {
  CommandTable table;
  CommandFamilies::add_rows_to(table);
  std::set<std::string_view> names;
  for (const auto& entry : table.entries()) check_row(*entry->row, names);
  EXPECT_TRUE(names.contains("get") && names.contains("client|list"));
}

}  // namespace
}  // namespace terrace
