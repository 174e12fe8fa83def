#include "src/execution/notices.h"

#include <gtest/gtest.h>

namespace terrace {
namespace {

TEST(NoticesTest, KeepsWhatHappenedInOrder) {
  Notices notices;
  notices.add_message(Notices::Kind::kMessage, "channel", "hello");
  notices.add_event(kEventList, "lpush", 3, "key");
  notices.add_command("+line");
  ASSERT_EQ(notices.size(), 3u);
  EXPECT_EQ(notices[0].subject, "channel");
  EXPECT_EQ(notices[0].text, "hello");
  EXPECT_EQ(notices[1].subject, "key");
  EXPECT_EQ(notices[1].text, "lpush");
  EXPECT_EQ(notices[1].database, 3u);
  EXPECT_EQ(notices[2].text, "+line");
  notices.clear();
  EXPECT_TRUE(notices.empty());
}

TEST(NoticesTest, ForgetsTheMissesOfARunThatIsRepeated) {
  Notices notices;
  notices.add_event(kEventMiss, "keymiss", 0, "earlier call");
  const std::size_t from = notices.size();
  notices.add_event(kEventExpired, "expired", 0, "a");
  notices.add_event(kEventMiss, "keymiss", 0, "b");
  notices.forget_misses(from);
  ASSERT_EQ(notices.size(), 2u);
  EXPECT_EQ(notices[0].subject, "earlier call");
  EXPECT_EQ(notices[1].subject, "a");
}

}  // namespace
}  // namespace terrace
