#include "src/pubsub/pubsub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace terrace {
namespace {

using enum TopicKind;

class PubSubTest : public ::testing::Test {
 protected:
  ~PubSubTest() override {
    for (Session* session : {&one_, &other_}) pubsub_.forget(*session);
    EXPECT_EQ(audience_.subscribers, 0u);
    EXPECT_EQ(ledger_.total(), 0u);
  }

  storage::Ledger ledger_;
  Session one_{ledger_}, other_{ledger_};
  Listeners::Audience audience_;
  PubSub pubsub_{audience_};
};

TEST_F(PubSubTest, CountsReceiversOfChannelsAndPatterns) {
  EXPECT_EQ(pubsub_.receiver_count(kChannel, "news"), 0u);
  pubsub_.subscribe(one_, kChannel, "news");
  pubsub_.subscribe(other_, kChannel, "news");
  pubsub_.subscribe(one_, kPattern, "n*");
  pubsub_.subscribe(one_, kPattern, "other*");
  EXPECT_EQ(pubsub_.receiver_count(kChannel, "news"), 3u);
  EXPECT_EQ(pubsub_.receiver_count(kShardChannel, "news"), 0u);
  pubsub_.unsubscribe(one_, kPattern, "n*");
  EXPECT_EQ(pubsub_.receiver_count(kChannel, "news"), 2u);
  EXPECT_EQ(pubsub_.subscriber_count(kChannel, "news"), 2u);
}

TEST_F(PubSubTest, ASecondSubscriptionToTheSameTopicIsNone) {
  pubsub_.subscribe(one_, kChannel, "news");
  const std::uint64_t charged = ledger_.total();
  pubsub_.subscribe(one_, kChannel, "news");
  EXPECT_EQ(ledger_.total(), charged);
  EXPECT_EQ(PubSub::count(one_, kChannel), 1u);
  pubsub_.unsubscribe(one_, kChannel, "never");
  pubsub_.unsubscribe(one_, kPattern, "news");
  EXPECT_TRUE(one_.subscribed);
  pubsub_.unsubscribe(one_, kChannel, "news");
  EXPECT_FALSE(one_.subscribed);
  EXPECT_EQ(pubsub_.topics(kChannel).size(), 0u);
}

TEST_F(PubSubTest, SubscriptionsEndInAnyOrder) {
  constexpr int kTopics = 1000;
  for (int i = 0; i < kTopics; ++i) {
    pubsub_.subscribe(one_, kChannel, std::to_string(i));
    pubsub_.subscribe(other_, kChannel, std::to_string(i));
  }
  for (int i = 0; i < kTopics; i += 2) pubsub_.unsubscribe(i % 4 == 0 ? one_ : other_, kChannel, std::to_string(i));
  for (int i = 0; i < kTopics; ++i) {
    EXPECT_EQ(pubsub_.subscriber_count(kChannel, std::to_string(i)), i % 2 == 0 ? 1u : 2u);
  }
  pubsub_.forget(one_);
  EXPECT_EQ(PubSub::count(other_, kChannel), static_cast<std::size_t>(kTopics - kTopics / 4));
  EXPECT_EQ(pubsub_.session_count(), 1u);
}

TEST(PatternIndexTest, FindsWhatMatchesByItsPrefix) {
  PatternIndex index;
  Topic topics[] = {{"user:1:*", {}}, {"user:*", {}}, {"*:1:x", {}}, {"user:1:x", {}}, {"us?r:1:*", {}}, {"a\\*", {}}};
  for (Topic& topic : topics) index.add(topic);
  const auto matching = [&index](std::string_view channel) {
    std::vector<Topic*> found;
    index.match(channel, found);
    std::vector<std::string> names;
    for (const Topic* topic : found) names.push_back(topic->name);
    std::sort(names.begin(), names.end());
    return names;
  };
  EXPECT_EQ(matching("user:1:x"), (std::vector<std::string>{"*:1:x", "us?r:1:*", "user:*", "user:1:*", "user:1:x"}));
  EXPECT_EQ(matching("user:2"), (std::vector<std::string>{"user:*"}));
  EXPECT_EQ(matching("a*"), (std::vector<std::string>{"a\\*"}));
  EXPECT_TRUE(matching("").empty());
  index.remove(topics[1]);
  EXPECT_TRUE(matching("user:2").empty());
  for (Topic& topic : topics) {
    if (&topic != &topics[1]) index.remove(topic);
  }
  EXPECT_TRUE(matching("user:1:x").empty());
}

}  // namespace
}  // namespace terrace
