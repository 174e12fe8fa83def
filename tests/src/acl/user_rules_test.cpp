#include "src/acl/user_rules.h"

#include <gtest/gtest.h>

#include "src/commands/command_families.h"

namespace terrace::acl {
namespace {

using Denial = User::Denial;

class UserRulesTest : public ::testing::Test {
 protected:
  UserRulesTest() { CommandFamilies::add_rows_to(commands_); }

  std::string applied(std::initializer_list<const char*> rules) {
    for (const char* rule : rules) {
      if (auto result = rules_.apply(rule); !result.ok()) return result.error().message;
    }
    return rules_.text();
  }
  Denial check(std::initializer_list<std::string_view> words) const {
    const std::vector<std::string_view> arguments(words);
    return rules_.check(*commands_.find(arguments), arguments).denial;
  }

  CommandTable commands_;
  UserRules rules_{commands_, false};
};

TEST_F(UserRulesTest, TextIsReadAsItIsWritten) {
  EXPECT_EQ(applied({"on", ">x", "~a*", "%R~b", "%W~b", "%W~c", "&ch", "+@read", "-get", "(+set ~s)"}),
            "on #2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 ~a* ~b %W~c resetchannels &ch -@all "
            "+@read -get (~s resetchannels -@all +set)");
  EXPECT_EQ(applied({"reset"}), "off sanitize-payload resetchannels -@all");
}

TEST_F(UserRulesTest, WrongRulesSaySo) {
  for (const char* rule :
       {"%R", "%~a", "%RR~a", "%X~a", "~a b", "&a b", "(+get", "(on)", "nonsense", "+get|", "((+get))"}) {
    EXPECT_EQ(applied({rule}), "Syntax error") << rule;
  }
  EXPECT_EQ(applied({"+config|get|x"}), "Allowing first-arg of a subcommand is not supported");
  EXPECT_EQ(applied({"-select|0"}), "Unknown command or category name in ACL");
}

TEST_F(UserRulesTest, PasswordsAreCompared) {
  EXPECT_FALSE(rules_.accepts(""));
  applied({"on", ">x", ">y"});
  EXPECT_TRUE(rules_.accepts("x") && rules_.accepts("y"));
  EXPECT_FALSE(rules_.accepts("z") || rules_.accepts(""));
  applied({"off"});
  EXPECT_FALSE(rules_.accepts("x"));
  applied({"on", "nopass"});
  EXPECT_TRUE(rules_.accepts("anything"));
}

TEST_F(UserRulesTest, ASelectorAllowsAllThatACommandDoesOrNothing) {
  applied({"+get", "~a", "(+set ~b)"});
  EXPECT_EQ(check({"get", "a"}), Denial::kNone);
  EXPECT_EQ(check({"set", "b", "1"}), Denial::kNone);
  EXPECT_EQ(check({"get", "b"}), Denial::kKey);
  EXPECT_EQ(check({"set", "a", "1"}), Denial::kKey);
  EXPECT_EQ(check({"del", "a"}), Denial::kCommand);
  EXPECT_EQ(check({"auth", "a", "b"}), Denial::kNone);
}

TEST_F(UserRulesTest, KeysAreAllowedForWhatIsDoneToThem) {
  applied({"+@all", "%R~r", "%W~w"});
  EXPECT_EQ(check({"copy", "r", "w"}), Denial::kNone);
  EXPECT_EQ(check({"copy", "w", "r"}), Denial::kKey);
  EXPECT_EQ(check({"set", "w", "1"}), Denial::kNone);
  EXPECT_EQ(check({"set", "w", "1", "get"}), Denial::kKey);
  EXPECT_EQ(check({"sort", "r", "limit", "0", "store", "store", "x"}), Denial::kKey);
  EXPECT_EQ(check({"georadius", "r", "0", "0", "1", "m", "storedist", "x"}), Denial::kKey);
  EXPECT_EQ(check({"georadius", "r", "0", "0", "1", "m", "store", "w"}), Denial::kNone);
  EXPECT_EQ(check({"georadius", "r", "0", "0", "1", "m", "store", "w", "store", "x"}), Denial::kKey);
  EXPECT_EQ(check({"georadiusbymember", "r", "m", "1", "m", "store", "w", "store", "store", "asc"}), Denial::kKey);
}

TEST_F(UserRulesTest, FirstArgumentsAndSubcommands) {
  applied({"+select|0", "+config|get"});
  EXPECT_EQ(check({"select", "0"}), Denial::kNone);
  EXPECT_EQ(check({"select", "1"}), Denial::kCommand);
  EXPECT_EQ(check({"config", "get", "a"}), Denial::kNone);
  EXPECT_EQ(check({"config", "set", "a", "b"}), Denial::kCommand);
}

TEST_F(UserRulesTest, ChannelPatternsAreComparedAsTheyStand) {
  applied({"&news.*"});
  EXPECT_TRUE(rules_.allows_channel("news.x", User::ChannelName::kLiteral));
  EXPECT_FALSE(rules_.allows_channel("news.x", User::ChannelName::kPattern));
  EXPECT_TRUE(rules_.allows_channel("news.*", User::ChannelName::kPattern));
}

TEST_F(UserRulesTest, OnlyWhoMayDoAllIsUnrestricted) {
  applied({"+@all", "~*"});
  EXPECT_FALSE(rules_.unrestricted());
  applied({"&*"});
  EXPECT_TRUE(rules_.unrestricted());
  applied({"-get", "+get"});
  EXPECT_FALSE(rules_.unrestricted());
}

TEST(Superuser, MayDoAll) {
  EXPECT_TRUE(User::superuser()->unrestricted());
  EXPECT_TRUE(User::superuser()->may_use_channel("c", User::ChannelName::kPattern));
}

TEST(MergeSelectors, PutsWordsTogether) {
  const std::vector<std::string> words = {"on", "(+get", "~a)", "(+set)", "~b"};
  const std::vector<std::string> merged = {"on", "(+get ~a)", "(+set)", "~b"};
  EXPECT_EQ(*merge_selectors(words), merged);
  const std::vector<std::string> open = {"on", "(+get", "~a"};
  EXPECT_EQ(merge_selectors(open).error().message, "(+get");
}

}  // namespace
}  // namespace terrace::acl
