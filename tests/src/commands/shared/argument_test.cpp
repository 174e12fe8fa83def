#include "src/commands/shared/argument.h"

#include <gtest/gtest.h>

namespace terrace {
namespace {

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
