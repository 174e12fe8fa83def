#include "src/execution/watched_keys.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace terrace {
namespace {

using storage::Key;
using storage::Record;
using storage::ValueType;

constexpr std::int64_t kNow = 1'000'000;

class WatchedKeysTest : public ::testing::Test {
 protected:
  ~WatchedKeysTest() override {
    for (Session* session : {&one_, &other_}) watched_.unwatch(*session);
    EXPECT_FALSE(events_.wanted());
  }
  void watch_absent(Session& session, std::string_view name, unsigned database = 0) {
    watched_.watch(session, database, Key(name), nullptr, kNow);
  }
  void watch_present(Session& session, std::string_view name, unsigned database = 0,
                     std::int64_t expiry_ms = storage::kNoExpiry) {
    Record* record = Record::create(name, {ValueType::kString, storage::Encoding::kRaw, /*value_size=*/0,
                                           /*has_expiry=*/expiry_ms != storage::kNoExpiry});
    if (expiry_ms != storage::kNoExpiry) record->store_expiry(expiry_ms);
    watched_.watch(session, database, Key(name), record, kNow);
    Record::destroy(record);
  }
  void tell(KeyEvent event, std::string_view name, unsigned database = 0) {
    events_.tell({event, ValueType::kString, database, name});
  }
  static bool broken(const Session& session, std::int64_t now_ms = kNow) {
    return WatchedKeys::broken(session, now_ms);
  }

  KeyEvents events_;
  WatchedKeys watched_{events_};
  Session one_, other_;
};

TEST_F(WatchedKeysTest, EveryChangeOfAKeyBreaksItsWatch) {
  for (const KeyEvent event : {KeyEvent::kChanged, KeyEvent::kStored, KeyEvent::kRemoved, KeyEvent::kExpired}) {
    SCOPED_TRACE(static_cast<int>(event));
    watch_present(one_, "key");
    EXPECT_FALSE(broken(one_));
    tell(event, "key");
    EXPECT_TRUE(broken(one_));
    watched_.unwatch(one_);
    EXPECT_FALSE(broken(one_));
  }
}

TEST_F(WatchedKeysTest, AnAbsentKeyThatComesToBeBreaksItsWatch) {
  watch_absent(one_, "key");
  tell(KeyEvent::kStored, "key");
  EXPECT_TRUE(broken(one_));
}

TEST_F(WatchedKeysTest, WhatRedisDoesNotCountAsAChangeBreaksNoWatch) {
  watch_present(one_, "key");
  tell(KeyEvent::kUnseen, "key");
  tell(KeyEvent::kExtended, "key");  // a change of the value is told besides
  EXPECT_FALSE(broken(one_));
}

TEST_F(WatchedKeysTest, OtherKeysAndDatabasesAreNotWatched) {
  watch_present(one_, "key", 1);
  watch_present(other_, "another", 0);
  tell(KeyEvent::kStored, "key", 0);
  tell(KeyEvent::kStored, "ke", 1);
  EXPECT_FALSE(broken(one_) || broken(other_));
  tell(KeyEvent::kStored, "key", 1);
  EXPECT_TRUE(broken(one_));
  EXPECT_FALSE(broken(other_));
}

TEST_F(WatchedKeysTest, AllWhoWatchAKeyHearOfIt) {
  watch_present(one_, "key");
  watch_present(other_, "key");
  watched_.watch(one_, 0, Key("key"), nullptr, kNow);  // a second time: stays as it was
  EXPECT_EQ(watched_.size(), 2u);
  tell(KeyEvent::kChanged, "key");
  EXPECT_TRUE(broken(one_) && broken(other_));
  watched_.unwatch(one_);
  EXPECT_EQ(watched_.size(), 1u);
  EXPECT_TRUE(broken(other_));
}

TEST_F(WatchedKeysTest, AFlushChangesTheKeysThatWereThere) {
  watch_present(one_, "key", 1);
  watch_absent(other_, "absent", 1);
  tell(KeyEvent::kFlushed, {}, 0);
  EXPECT_FALSE(broken(one_));
  tell(KeyEvent::kFlushed, {}, 1);
  EXPECT_TRUE(broken(one_));
  EXPECT_FALSE(broken(other_));
}

// SWAPDB tells of each watched key that either database holds.
TEST_F(WatchedKeysTest, ASwapIsToldKeyByKey) {
  watch_present(one_, "b", 1);
  watch_present(one_, "a", 1);
  watch_absent(other_, "a", 1);
  watch_absent(other_, "elsewhere", 2);
  EXPECT_EQ(watched_.names_in(1), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(watched_.names_in(0).empty());
  tell(KeyEvent::kSwapped, {}, 0);
  tell(KeyEvent::kSwapped, {}, 1);
  EXPECT_FALSE(broken(one_) || broken(other_));
  tell(KeyEvent::kChanged, "b", 1);
  EXPECT_TRUE(broken(one_));
  EXPECT_FALSE(broken(other_));
}

TEST_F(WatchedKeysTest, AKeyWhoseTimeHasComeSinceIsAChange) {
  watch_present(one_, "key", 0, kNow);
  EXPECT_FALSE(broken(one_, kNow));
  EXPECT_TRUE(broken(one_, kNow + 1));
  watched_.unwatch(one_);
  EXPECT_FALSE(broken(one_, kNow + 1));
}

TEST_F(WatchedKeysTest, CountsSessionsAndNamesOnce) {
  for (Session* session : {&one_, &other_}) watch_absent(*session, "shared");
  watch_absent(one_, "own");
  watch_absent(one_, "own", 1);
  EXPECT_EQ(watched_.sessions(), 2u);
  EXPECT_EQ(watched_.distinct_keys(), 3u);
  watched_.unwatch(one_);
  EXPECT_EQ(watched_.sessions(), 1u);
  EXPECT_EQ(watched_.distinct_keys(), 1u);
}

TEST_F(WatchedKeysTest, ObserversAreWantedWhileSomethingIsWatched) {
  EXPECT_FALSE(events_.wanted());
  watch_absent(one_, "a");
  watch_absent(one_, "b");
  EXPECT_TRUE(events_.wanted());
  watched_.unwatch(one_);
  EXPECT_FALSE(events_.wanted());
}

}  // namespace
}  // namespace terrace
