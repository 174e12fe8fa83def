#include "src/pubsub/tracking.h"

#include <gtest/gtest.h>

#include "src/execution/session.h"

namespace terrace {
namespace {

constexpr Command kGet{.name = "get", .arity = -2, .flags = kReadonly, .categories = 0, .keys = {}};

class TrackingTest : public ::testing::Test {
 protected:
  TrackingTest() {
    one_.id = 1;
    other_.id = 2;
    entry_.row = &kGet;
  }
  ~TrackingTest() override {
    for (Session* session : {&one_, &other_}) tracking_.forget(*session);
    EXPECT_FALSE(events_.wanted());
    EXPECT_EQ(ledger_.total(), 0u);
  }
  void read(Session& session, std::string_view key) {
    Call call;
    call.entry = &entry_;
    call.keys.push_back({.key = storage::Key(key)});
    tracking_.note_read(session, call);
  }
  void change(std::string_view key) {
    Unit unit;
    unit.note(KeyEvent::kChanged, 0, storage::Key(key), storage::ValueType::kString, /*keep_name=*/true);
    tracking_.tell(unit, other_, 0);
  }

  storage::Ledger ledger_;
  CommandEntry entry_;
  Session one_{ledger_}, other_{ledger_};
  Listeners::Audience audience_;
  KeyEvents events_;
  Tracking tracking_{audience_, events_, ledger_};
};

TEST_F(TrackingTest, AChangeForgetsTheKey) {
  tracking_.begin(one_, {}, one_);
  tracking_.begin(other_, {}, other_);
  EXPECT_TRUE(events_.wanted());
  read(one_, "a");
  read(one_, "a");
  read(other_, "a");
  read(one_, "b");
  EXPECT_EQ(tracking_.keys(), 2u);
  EXPECT_EQ(tracking_.items(), 3u);
  change("a");
  EXPECT_EQ(tracking_.keys(), 1u);
  EXPECT_EQ(tracking_.items(), 1u);
  change("unknown");
  EXPECT_EQ(tracking_.keys(), 1u);
}

TEST_F(TrackingTest, TheTableIsBounded) {
  tracking_.set_most_keys(3);
  tracking_.begin(one_, {}, one_);
  for (const char* key : {"a", "b", "c", "d", "e"}) read(one_, key);
  change("none");
  EXPECT_EQ(tracking_.keys(), 3u);
}

TEST_F(TrackingTest, OptInTracksWhatWasAskedFor) {
  tracking_.begin(one_, {.opt_in = true, .prefixes = {}}, one_);
  read(one_, "a");
  EXPECT_EQ(tracking_.keys(), 0u);
  one_.caching->asked = true;
  read(one_, "b");
  read(one_, "c");
  EXPECT_EQ(tracking_.keys(), 1u);
}

TEST_F(TrackingTest, TheTableGoesWithTheLastClient) {
  tracking_.begin(one_, {}, one_);
  tracking_.begin(other_, {.broadcast = true, .prefixes = {"x"}}, one_);
  read(one_, "a");
  EXPECT_EQ(tracking_.prefixes(), 1u);
  tracking_.end(one_);
  EXPECT_EQ(tracking_.keys(), 1u);
  tracking_.forget(one_);
  EXPECT_EQ(other_.caching->target, nullptr);
  tracking_.end(other_);
  EXPECT_EQ(tracking_.keys(), 0u);
  EXPECT_EQ(audience_.caching, 0u);
}

}  // namespace
}  // namespace terrace
