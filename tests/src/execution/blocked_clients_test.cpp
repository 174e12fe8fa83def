#include "src/execution/blocked_clients.h"

#include <gtest/gtest.h>

#include "src/execution/command_batch.h"

namespace terrace {
namespace {

using storage::ValueType;

class BlockedClientsTest : public ::testing::Test {
 protected:
  BlockedClient& block(std::vector<std::string_view> keys, std::int64_t timeout_ms = 0,
                       ValueType type = ValueType::kList, bool when_gone = false, unsigned database = 0) {
    batches_.push_back(std::make_unique<CommandBatch>(ledger_));
    return blocked_.add(*batches_.back(), database,
                        {.type = type, .keys = keys, .timeout_ms = timeout_ms, .when_gone = when_gone}, kNow);
  }
  // Serves `most` of those whose turn it is; says whom.
  std::vector<BlockedClient*> serve(std::size_t most = 100) {
    std::vector<BlockedClient*> served;
    while (served.size() < most) {
      BlockedClient* client = blocked_.next();
      if (client == nullptr) break;
      served.push_back(client);
      blocked_.remove(*client);
    }
    return served;
  }

  static constexpr std::int64_t kNow = 1000;
  storage::Ledger ledger_;
  std::vector<std::unique_ptr<CommandBatch>> batches_;
  KeyEvents events_;
  BlockedClients blocked_{events_};
};

using Served = std::vector<BlockedClient*>;

TEST_F(BlockedClientsTest, AreServedInOrderOfArrivalOnEachKey) {
  BlockedClient* a = &block({"x", "y"});
  BlockedClient* b = &block({"y"});
  BlockedClient* c = &block({"x"});
  EXPECT_FALSE(blocked_.has_ready());
  blocked_.key_ready(0, "z");
  EXPECT_FALSE(blocked_.has_ready());
  blocked_.key_ready(0, "y");
  blocked_.key_ready(0, "x");
  blocked_.key_ready(0, "y");
  EXPECT_EQ(serve(), (Served{a, b, c}));
  EXPECT_FALSE(blocked_.has_ready());
  EXPECT_EQ(blocked_.size(), 0u);
}

TEST_F(BlockedClientsTest, WhoIsPassedOverKeepsItsPlace) {
  BlockedClient* a = &block({"x"});
  BlockedClient* b = &block({"x"});
  blocked_.key_ready(0, "x");
  ASSERT_EQ(blocked_.next(), a);
  ASSERT_EQ(blocked_.next(), a);
  EXPECT_EQ(blocked_.turn_key(), "x");
  blocked_.pass_over(*a);
  ASSERT_EQ(blocked_.next(), b);
  blocked_.remove(*b);
  EXPECT_EQ(blocked_.next(), nullptr);
  BlockedClient* c = &block({"x"});
  blocked_.key_ready(0, "x");
  EXPECT_EQ(serve(), (Served{a, c}));
}

TEST_F(BlockedClientsTest, AMissingKeyEndsItsTurnForAllButThoseWhoWaitForThat) {
  block({"x"});
  BlockedClient* watcher = &block({"x"}, 0, ValueType::kStream, true);
  blocked_.key_ready(0, "x");
  blocked_.pass_over(*blocked_.next());
  blocked_.key_missing();
  ASSERT_EQ(blocked_.next(), watcher);
  blocked_.remove(*watcher);
  EXPECT_EQ(blocked_.next(), nullptr);
  EXPECT_TRUE(events_.wanted());  // by the one who waits for the list
}

TEST_F(BlockedClientsTest, AreReadyByWhatIsToldOfTheirKeys) {
  BlockedClient* list = &block({"x"});
  const auto told = [this](KeyEvent event, ValueType type) {
    blocked_.at_key_change({event, type, 0, "x"});
    const bool ready = blocked_.has_ready();
    if (ready) blocked_.pass_over(*blocked_.next());
    EXPECT_EQ(blocked_.next(), nullptr);
    return ready;
  };
  EXPECT_TRUE(told(KeyEvent::kStored, ValueType::kList));
  EXPECT_TRUE(told(KeyEvent::kExtended, ValueType::kList));
  EXPECT_FALSE(told(KeyEvent::kStored, ValueType::kStream));
  EXPECT_FALSE(told(KeyEvent::kChanged, ValueType::kList));
  EXPECT_FALSE(told(KeyEvent::kRemoved, ValueType::kList));
  blocked_.remove(*list);
  EXPECT_FALSE(events_.wanted());
  block({"x"}, 0, ValueType::kStream, true);
  EXPECT_TRUE(told(KeyEvent::kRemoved, ValueType::kStream));
  EXPECT_TRUE(told(KeyEvent::kExpired, ValueType::kStream));
}

TEST_F(BlockedClientsTest, AKeyMadeReadyWhileItIsServedGetsAnotherTurn) {
  BlockedClient* a = &block({"x"});
  blocked_.key_ready(0, "x");
  ASSERT_EQ(blocked_.next(), a);
  EXPECT_TRUE(blocked_.is_ready(0, "x"));
  blocked_.key_ready(0, "x");
  blocked_.pass_over(*a);
  ASSERT_EQ(blocked_.next(), a);
  blocked_.pass_over(*a);
  EXPECT_EQ(blocked_.next(), nullptr);
  EXPECT_FALSE(blocked_.is_ready(0, "x"));
}

TEST_F(BlockedClientsTest, ChainsGoBehindWhatWasReadyBefore) {
  BlockedClient* a = &block({"a"});
  BlockedClient* b = &block({"b"});
  BlockedClient* c = &block({"c"});
  blocked_.key_ready(0, "a");
  blocked_.key_ready(0, "b");
  EXPECT_EQ(serve(1), (Served{a}));
  blocked_.key_ready(0, "c");
  EXPECT_EQ(serve(), (Served{b, c}));
}

TEST_F(BlockedClientsTest, DatabasesAreApart) {
  BlockedClient* a = &block({"x", "y"}, 0, ValueType::kList, false, 2);
  BlockedClient* b = &block({"x"});
  blocked_.at_key_change({KeyEvent::kFlushed, ValueType::kString, 1, {}});
  EXPECT_FALSE(blocked_.has_ready());
  blocked_.at_key_change({KeyEvent::kSwapped, ValueType::kString, 2, {}});
  EXPECT_TRUE(blocked_.is_ready(2, "x"));
  EXPECT_TRUE(blocked_.is_ready(2, "y"));
  EXPECT_FALSE(blocked_.is_ready(0, "x"));
  EXPECT_EQ(serve(), (Served{a}));
  blocked_.key_ready(0, "x");
  EXPECT_EQ(serve(), (Served{b}));
}

TEST_F(BlockedClientsTest, WhoLeavesIsForgottenWhereverItStood) {
  BlockedClient* a = &block({"x", "y", "x"}, 10);
  BlockedClient* b = &block({"y"});
  EXPECT_EQ(a->keys.size(), 2u);
  EXPECT_EQ(blocked_.with_deadline(), 1u);
  blocked_.key_ready(0, "x");
  blocked_.key_ready(0, "y");
  blocked_.remove(*a);
  EXPECT_EQ(blocked_.with_deadline(), 0u);
  EXPECT_EQ(blocked_.next(), b);
  blocked_.remove(*b);
  EXPECT_EQ(blocked_.next(), nullptr);
  EXPECT_FALSE(blocked_.has_ready());
}

TEST_F(BlockedClientsTest, TimesEndInTheirOrder) {
  BlockedClient* late = &block({"x"}, 20);
  BlockedClient* early = &block({"x"}, 10);
  block({"x"});
  block({"x"}, INT64_MAX);  // is as good as never
  EXPECT_EQ(blocked_.with_deadline(), 2u);
  EXPECT_EQ(blocked_.earliest_deadline_us(), kNow + 10'000);
  EXPECT_EQ(blocked_.overdue(kNow + 9'999), nullptr);
  ASSERT_EQ(blocked_.overdue(kNow + 20'000), early);
  blocked_.put_off(*early, kNow + 30'000);
  ASSERT_EQ(blocked_.overdue(kNow + 20'000), late);
  blocked_.remove(*late);
  EXPECT_EQ(blocked_.overdue(kNow + 29'999), nullptr);
  EXPECT_EQ(blocked_.earliest_deadline_us(), kNow + 30'000);
  blocked_.remove(*early);
  EXPECT_EQ(blocked_.earliest_deadline_us(), io::kNever);
}

TEST_F(BlockedClientsTest, CountsTheKeysThatAreWaitedFor) {
  BlockedClient* gone = &block({"x"}, 0, ValueType::kStream, true);
  block({"x", "y"});
  block({"x"}, 0, ValueType::kList, false, 1);
  EXPECT_EQ(blocked_.keys(), 3u);
  EXPECT_EQ(blocked_.keys_when_gone(), 1u);
  blocked_.remove(*gone);
  EXPECT_EQ(blocked_.keys(), 3u);
  EXPECT_EQ(blocked_.keys_when_gone(), 0u);
}

}  // namespace
}  // namespace terrace
