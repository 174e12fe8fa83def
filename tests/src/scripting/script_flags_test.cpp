#include "src/scripting/script_flags.h"

#include <gtest/gtest.h>

namespace terrace {
namespace {

TEST(ScriptFlagsTest, NamesAndFlagsBelongTogether) {
  EXPECT_EQ(script_flag("no-writes"), kNoWrites);
  EXPECT_EQ(script_flag("allow-cross-slot-keys"), kAllowCrossSlotKeys);
  EXPECT_FALSE(script_flag("No-Writes"));
  EXPECT_EQ(script_flag_names(kAllowOom | kNoWrites), (std::vector<std::string_view>{"no-writes", "allow-oom"}));
}

TEST(ScriptFlagsTest, TheFirstLineIsCutIntoWords) {
  EXPECT_FALSE(find_shebang("return 1"));
  const auto shebang = find_shebang("#!lua  flags=no-writes name=x\nreturn 1");
  ASSERT_TRUE(shebang);
  EXPECT_EQ(shebang->engine, "#!lua");
  EXPECT_EQ(shebang->options, (std::vector<std::string_view>{"flags=no-writes", "name=x"}));
  EXPECT_EQ(shebang->size, 29u);
  EXPECT_EQ(find_shebang("#!lua")->size, std::string_view::npos);
}

}  // namespace
}  // namespace terrace
