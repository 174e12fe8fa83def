// Writing the log: what the end of a unit is to positions, marks and memory.
#include "storage/log/log.h"

#include "tests/storage/log/log_fixture.h"

namespace terrace::storage {
namespace {

constexpr std::size_t kSize = 300;

TEST(LogTest, OnlyTheEndOfAUnitIsADurablePosition) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.append(command(0));
  fixture.sync();
  const std::uint64_t before = fixture.log().end_position();
  EXPECT_EQ(fixture.log().durable_position(), before);
  fixture.log().begin_unit();
  for (std::uint64_t i = 0; i < 5; ++i) {
    fixture.append_piece(command(1 + i, kSize, i == 0 ? '(' : '.'));
    fixture.sync();
    EXPECT_EQ(fixture.log().durable_position(), before);
    EXPECT_EQ(fixture.log().unit_end(), before);
  }
  const std::uint64_t end = fixture.end_unit(command(6, kSize, ')'));
  EXPECT_EQ(end, fixture.log().end_position());
  EXPECT_EQ(fixture.log().unit_end(), end);
  EXPECT_EQ(fixture.log().durable_position(), before);
  fixture.sync();
  EXPECT_EQ(fixture.log().durable_position(), end);
}

// A frame that is full cuts a unit that was appended by one call, too.
TEST(LogTest, AFrameThatEndsWithinAUnitDoesNotMakeItDurable) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.append(command(0));
  const std::uint64_t before = fixture.log().end_position();
  fixture.append(command(1, 3 * kMaxFrameSize));
  const std::uint64_t end = fixture.log().end_position();
  fixture.run(fixture.log().make_durable(before + kMaxFrameSize));
  EXPECT_TRUE(fixture.log().durable_position() == before || fixture.log().durable_position() == end);
  fixture.sync();
  EXPECT_EQ(fixture.log().durable_position(), end);
}

TEST(LogTest, OthersAppendUntilTheFirstPiece) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.log().begin_unit();
  fixture.append(command(0));
  EXPECT_EQ(fixture.log().unit_end(), command(0).size());
  fixture.append_piece(command(1, 8, '('));
  EXPECT_DEATH(fixture.append(command(2)), "invariant broken");
  fixture.end_unit(command(2, 8, ')'));
  fixture.append(command(3));
  EXPECT_EQ(fixture.log().unit_end(), fixture.log().end_position());
}

TEST(LogTest, AUnitOfNothingEndsWhereItBegan) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.append(command(0));
  fixture.log().begin_unit();
  EXPECT_EQ(fixture.log().end_unit({}), command(0).size());
  EXPECT_FALSE(fixture.log().unit_open());
}

TEST(LogTest, NoMarkIsTakenWithinAUnit) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.log().begin_unit();
  EXPECT_DEATH(fixture.log().mark(), "invariant broken");
  EXPECT_DEATH(fixture.log().begin_unit(), "invariant broken");
  fixture.append_piece(command(0, 8, '('));
  EXPECT_DEATH(fixture.log().mark(), "invariant broken");
  EXPECT_DEATH(fixture.log().end_unit({}), "invariant broken");
  fixture.end_unit(command(1, 8, ')'));
  EXPECT_EQ(fixture.log().mark().position, fixture.log().end_position());
}

TEST(LogTest, WhatIsOnItsWayIsBoundedWhereAUnitWaitsForRoom) {
  LogFixture fixture;
  ASSERT_TRUE(fixture.open().ok());
  fixture.log().begin_unit();
  fixture.append_piece(command(0, 8, '('));
  for (std::uint64_t round = 0; round < 8; ++round) {
    while (!fixture.log().congested()) fixture.append_piece(command(1, kSize));
    fixture.wait_for_room();
    EXPECT_FALSE(fixture.log().congested());
  }
  fixture.end_unit(command(2, 8, ')'));
}

TEST(LogTest, ACheckpointsMarkGivesTheFilesOfACutUnitBack) {
  LogContent content;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    fixture.append(command(0));
    fixture.log().begin_unit();
    for (std::uint64_t i = 0; i < 3 * kLogFileSize / kMaxFrameSize; ++i) {
      fixture.append_piece(command(1 + i, kMaxFrameSize, i == 0 ? '(' : '.'));
      fixture.wait_for_room();
    }
    fixture.sync();
    content = fixture.content();
    fixture.end_unit(command(0, 8, ')'));
  }
  LogFixture fixture(content);
  ASSERT_TRUE(fixture.open().ok());
  EXPECT_GT(fixture.reader().unfinished_bytes(), 2 * kLogFileSize);
  EXPECT_EQ(fixture.log().end_position(), command(0).size());
  // They count in files, though positions have gone back.
  EXPECT_GE(fixture.log().file_count(), 4u);
  fixture.append(command(1));
  const LogMark mark = fixture.log().mark();
  EXPECT_EQ(mark.position, 2 * command(0).size());
  fixture.sync();
  fixture.run(fixture.log().truncate(mark));
  EXPECT_EQ(fixture.log().file_count(), 1u);
}

}  // namespace
}  // namespace terrace::storage
