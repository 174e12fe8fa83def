// The rows of the string, hash and key families: complete, consistent, and no name twice.
#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"

namespace terrace {
namespace {

void check_arguments(std::span<const Argument> arguments, std::size_t key_specs) {
  for (const Argument& argument : arguments) {
    if (argument.type == Argument::Type::kKey) {
      EXPECT_LT(static_cast<std::size_t>(argument.key_spec), key_specs);
    }
    check_arguments(argument.children, key_specs);
  }
}

void check_row(const Command& row, std::set<std::string_view>& names) {
  SCOPED_TRACE(std::string(row.name));
  EXPECT_TRUE(names.insert(row.name).second);
  for (const char c : row.name) EXPECT_FALSE(std::isupper(static_cast<unsigned char>(c)));
  EXPECT_EQ((row.run != nullptr) + (row.run_async != nullptr) + !row.subcommands.empty(), 1);
  EXPECT_FALSE((row.flags & kWrite) != 0 && (row.flags & kReadonly) != 0);
  EXPECT_TRUE((row.flags & kDenyOom) == 0 || (row.flags & kWrite) != 0);
  EXPECT_FALSE(row.summary.empty() || row.since.empty() || row.group.empty() || row.complexity.empty());
  EXPECT_NE(row.arity, 0);
  for (const KeySpec& spec : row.keys) EXPECT_FALSE(spec.flags.empty());
  check_arguments(row.arguments, row.keys.size());
  for (const Command& subcommand : row.subcommands) {
    EXPECT_TRUE(subcommand.name.starts_with(std::string(row.name) + "|"));
    check_row(subcommand, names);
  }
}

TEST(StringKeyRows, AreCompleteAndConsistent) {
  std::set<std::string_view> names;
  for (const Command& row : string_commands()) check_row(row, names);
  for (const Command& row : hash_commands()) check_row(row, names);
  for (const Command& row : key_commands()) check_row(row, names);
  EXPECT_EQ(string_commands().size(), 22u);
  EXPECT_EQ(hash_commands().size(), 28u);
  EXPECT_EQ(key_commands().size(), 24u);
}

TEST(Argument, OptionsIgnoreCaseAndWhatIsBehindANul) {
  EXPECT_TRUE(is_option("ex", "EX"));
  EXPECT_TRUE(is_option("Keepttl", "KEEPTTL"));
  EXPECT_TRUE(is_option(std::string_view("nx\0y", 4), "NX"));
  EXPECT_FALSE(is_option("e", "EX"));
  EXPECT_FALSE(is_option("exa", "EX"));
  EXPECT_FALSE(is_option("", "EX"));
}

}  // namespace
}  // namespace terrace
