#include "src/execution/call.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/commands/command_families.h"

namespace terrace {
namespace {

using Arguments = std::vector<std::string_view>;

class CallTest : public ::testing::Test {
 protected:
  CallTest() { CommandFamilies::add_rows_to(table_); }

  // The arguments that are keys; nothing: the arguments do not fit the specifications.
  std::optional<std::vector<std::uint32_t>> positions(const Arguments& arguments) const {
    std::vector<KeyPosition> keys;
    if (!find_keys(*table_.find(arguments)->row, arguments, keys)) return std::nullopt;
    std::vector<std::uint32_t> found;
    found.reserve(keys.size());
    for (const KeyPosition& key : keys) found.push_back(key.argument);
    return found;
  }
  // Keys as "name@database", the command being given in database 3.
  std::vector<std::string> planned(const Arguments& arguments) const {
    std::vector<PlannedKey> keys;
    plan_keys(*table_.find(arguments), arguments, 3, keys);
    std::vector<std::string> names;
    for (const PlannedKey& planned : keys) {
      EXPECT_EQ(planned.key.hash, storage::Key(planned.key.name).hash);
      names.push_back(std::string(planned.key.name) + "@" + std::to_string(planned.database));
    }
    return names;
  }

  CommandTable table_;
};

using Positions = std::vector<std::uint32_t>;
using Names = std::vector<std::string>;

TEST_F(CallTest, FindsRangesAndSteps) {
  EXPECT_EQ(positions({"mset", "a", "1", "b", "2"}), (Positions{1, 3}));
  EXPECT_EQ(positions({"memory", "usage", "k"}), (Positions{2}));
  EXPECT_EQ(positions({"blpop", "a", "b", "0"}), (Positions{1, 2}));
  EXPECT_EQ(positions({"ping"}), Positions{});
}

TEST_F(CallTest, FindsCountedKeys) {
  EXPECT_EQ(positions({"zunionstore", "to", "2", "a", "b", "weights", "1", "2"}), (Positions{1, 3, 4}));
  EXPECT_EQ(positions({"lmpop", "1", "a", "left"}), (Positions{2}));
  EXPECT_EQ(positions({"lmpop", "3", "a", "left"}), std::nullopt);
  EXPECT_EQ(positions({"lmpop", "none", "a", "left"}), std::nullopt);
}

TEST_F(CallTest, AnOptionsWordAtTheEndNamesNoKey) {
  EXPECT_EQ(positions({"georadius", "k", "1", "2", "3", "m", "store", "to"}), (Positions{1, 7}));
  EXPECT_EQ(positions({"georadius", "k", "1", "2", "3", "m", "store"}), (Positions{1}));
  EXPECT_EQ(positions({"xread", "count", "1", "streams"}), std::nullopt);
  EXPECT_EQ(positions({"xread", "count", "1", "streams", "a", "b", "0", "0"}), (Positions{4, 5}));
}

TEST_F(CallTest, FindsTheKeyThatOnlyTheCommandCanTell) {
  EXPECT_EQ(positions({"sort", "k", "limit", "0", "1", "store", "to"}), (Positions{1, 6}));
  EXPECT_EQ(positions({"sort", "k", "alpha"}), (Positions{1}));
}

TEST_F(CallTest, PlansKeysInTheSelectedDatabase) {
  EXPECT_EQ(planned({"get", "a"}), (Names{"a@3"}));
  EXPECT_EQ(planned({"mget", "a", "b", "a"}), (Names{"a@3", "b@3", "a@3"}));
  EXPECT_EQ(planned({"ping"}), Names{});
}

TEST_F(CallTest, PlansWhatItFindsWhereArgumentsDoNotFit) {
  EXPECT_EQ(planned({"lmpop", "9", "a", "left"}), Names{});
  EXPECT_EQ(planned({"zunionstore", "to", "9", "a"}), (Names{"to@3"}));
}

TEST_F(CallTest, PlansTheDestinationOfCopyInItsDatabase) {
  EXPECT_EQ(planned({"copy", "from", "to"}), (Names{"from@3", "to@3"}));
  EXPECT_EQ(planned({"copy", "from", "to", "replace", "db", "7"}), (Names{"from@3", "to@7"}));
  EXPECT_EQ(planned({"copy", "same", "same", "DB", "0"}), (Names{"same@3", "same@0"}));
  EXPECT_EQ(planned({"copy", "from", "to", "db", "none"}), (Names{"from@3", "to@3"}));
  EXPECT_EQ(planned({"copy", "from", "to", "db"}), (Names{"from@3", "to@3"}));
}

TEST_F(CallTest, PlansTheKeyOfMoveInBothDatabases) {
  EXPECT_EQ(planned({"move", "a", "5"}), (Names{"a@3", "a@5"}));
  EXPECT_EQ(planned({"move", "a", "-1"}), (Names{"a@3"}));
}

TEST_F(CallTest, BeginsAnew) {
  const Arguments get = {"get", "a"};
  Call call;
  call.begin(*table_.find(get), get, "raw", 3);
  EXPECT_EQ(call.keys[0].key.name, "a");
  EXPECT_EQ(call.keys[0].database, 3u);
  call.changed = call.blocks = call.served = call.unlisted_keys = call.effects_replaced = true;
  call.next_key = 1;
  call.begin_run();
  EXPECT_TRUE(call.served && call.unlisted_keys);
  EXPECT_FALSE(call.changed || call.blocks || call.effects_replaced || call.next_key != 0);
  EXPECT_EQ(call.keys.size(), 1u);
  const Arguments mget = {"mget", "b", "c"};
  call.begin(*table_.find(mget), mget, {}, 0);
  EXPECT_FALSE(call.served || call.unlisted_keys);
  EXPECT_TRUE(call.raw.empty());
  EXPECT_EQ(call.keys.size(), 2u);
  EXPECT_EQ(call.keys[1].key.name, "c");
  const Arguments set = {"set", "d", "1"};
  call.begin(*table_.find(set), set, {}, 0);
  EXPECT_EQ(call.keys.size(), 1u);
  EXPECT_TRUE(call.keys[0].overwritten && !call.keys[0].only_read);
  const Arguments ping = {"ping"};
  call.begin(*table_.find(ping), ping, {}, 0);
  EXPECT_TRUE(call.keys.empty());
}

}  // namespace
}  // namespace terrace
