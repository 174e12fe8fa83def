#include "src/execution/open_unit.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "src/commands/command_families.h"

namespace terrace {
namespace {

using Arguments = std::vector<std::string_view>;

class OpenUnitTest : public ::testing::Test {
 protected:
  OpenUnitTest() {
    CommandFamilies::add_rows_to(table_);
    batch_.session = &session_;
    session_.transaction.begin(0);
  }
  // The batch's transaction has this call, in database 0.
  void queue(const Arguments& arguments) {
    CommandEntry& entry = *table_.find(arguments);
    session_.transaction.queue(entry, arguments, {});
    plan_keys(entry, arguments, 0, batch_.transaction.exec.keys);
  }
  bool excludes(const Arguments& arguments, unsigned database = 0, const Origin& origin = kClientOrigin) const {
    Call call;
    call.begin(*table_.find(arguments), arguments, {}, database);
    return unit_.excludes(call, origin);
  }

  CommandTable table_;
  Session session_;
  storage::Ledger ledger_;
  CommandBatch batch_{ledger_};
  OpenUnit unit_;
};

TEST_F(OpenUnitTest, KeepsOthersOffItsKeys) {
  queue({"incr", "mine"});
  queue({"get", "read"});
  unit_.open(batch_);
  EXPECT_TRUE(unit_.active());
  EXPECT_TRUE(excludes({"get", "mine"}));
  EXPECT_TRUE(excludes({"set", "read", "1"}));
  EXPECT_TRUE(excludes({"pfcount", "read"}));  // it may store what it counts
  EXPECT_FALSE(excludes({"get", "read"}));
  const CommandBatch other(ledger_);
  EXPECT_TRUE(unit_.holds(other, storage::Key("read"), 0));
  EXPECT_FALSE(unit_.holds(batch_, storage::Key("read"), 0) || unit_.holds(other, storage::Key("read"), 1));
  EXPECT_TRUE(excludes({"mget", "a", "b", "mine"}));
  EXPECT_FALSE(excludes({"mget", "a", "b"}));
  EXPECT_FALSE(excludes({"ping"}));
}

TEST_F(OpenUnitTest, AKeyOfAnotherDatabaseIsAnotherKey) {
  queue({"incr", "mine"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"get", "mine"}, 0));
  EXPECT_FALSE(excludes({"get", "mine"}, 1));
  EXPECT_TRUE(excludes({"copy", "a", "mine", "db", "0"}, 1));
  EXPECT_FALSE(excludes({"copy", "mine", "a", "db", "0"}, 1));
}

TEST_F(OpenUnitTest, AScriptHoldsAllThatHasKeysAndAllThatRunsLua) {
  queue({"eval", "return 1", "1", "mine"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"get", "other"}));
  EXPECT_TRUE(excludes({"script", "flush"}));
  EXPECT_TRUE(excludes({"function", "load", "x"}));
  EXPECT_TRUE(excludes({"fcall", "f", "0"}));
  EXPECT_FALSE(excludes({"script", "kill"}));
  EXPECT_FALSE(excludes({"ping"}));
}

TEST_F(OpenUnitTest, HoldsWhatLooksAtTheKeyspaceAsAWhole) {
  queue({"incr", "mine"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"keys", "*"}));
  EXPECT_TRUE(excludes({"dbsize"}));
  EXPECT_TRUE(excludes({"flushall"}));
  EXPECT_TRUE(excludes({"sort", "other", "by", "weight_*"}));
}

TEST_F(OpenUnitTest, HoldsOtherTransactionsAndTheServersOwnWork) {
  queue({"incr", "mine"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"exec"}));
  EXPECT_TRUE(excludes({"del", "other"}, 0, kServerOrigin));
}

TEST_F(OpenUnitTest, KeepsAllKeysWhereItsOwnAreNotKnown) {
  queue({"sort", "mine", "get", "part_*"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"get", "any"}));
  EXPECT_FALSE(excludes({"ping"}));
}

TEST_F(OpenUnitTest, CommandsThatSuspendKeepAllKeys) {
  queue({"dbsize"});
  unit_.open(batch_);
  EXPECT_TRUE(excludes({"get", "any"}));
}

TEST_F(OpenUnitTest, GivesItsKeysBack) {
  queue({"sort", "mine"});
  unit_.open(batch_);
  unit_.close();
  EXPECT_FALSE(unit_.active());
  session_.transaction.end();
  session_.transaction.begin(0);
  batch_.transaction.exec.keys.clear();
  queue({"get", "next"});
  unit_.open(batch_);
  EXPECT_FALSE(excludes({"get", "mine"}));
  EXPECT_TRUE(excludes({"set", "next", "1"}));
}

}  // namespace
}  // namespace terrace
