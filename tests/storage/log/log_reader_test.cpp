// Reading the log back: units of any length, whole or not at all, linear in their bytes and within a window of memory.
#include "storage/log/log_reader.h"

#include <fstream>
#include <random>

#include "tests/storage/log/log_fixture.h"

namespace terrace::storage {
namespace {

// Many of them make a unit longer than the window.
constexpr std::size_t kSmall = kTinyLimits ? 24 : 300;
// Where a log is cut, in turn: everywhere in the tiny profile, whose frames are small.
constexpr unsigned kCutsApart = kTinyLimits ? 1 : 5;

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t count) {
  std::vector<std::uint64_t> all(count);
  for (std::uint64_t i = 0; i < count; ++i) all[i] = from + i;
  return all;
}

// A unit of `count` commands numbered from `first`, in frames of `per_frame` commands (0: as large as they become).
void append_unit(LogFixture& fixture, std::uint64_t first, std::uint64_t count, std::size_t size,
                 std::uint64_t per_frame = 0) {
  fixture.log().begin_unit();
  for (std::uint64_t i = 0; i + 1 < count; ++i) {
    fixture.append_piece(command(first + i, size, i == 0 ? '(' : '.'));
    if (per_frame > 0 ? (i + 1) % per_frame == 0 : i % 64 == 63) {
      per_frame > 0 ? fixture.sync() : fixture.wait_for_room();
    }
  }
  fixture.end_unit(command(first + count - 1, size, ')'));
}

std::uint64_t payload_bytes(const LogContent& content) {
  std::uint64_t sum = 0;
  for (const FrameInFile& frame : frames_of(content)) sum += frame.header.payload_size;
  return sum;
}

std::uint64_t frame_bytes(const LogContent& content) {
  std::uint64_t sum = 0;
  for (const FrameInFile& frame : frames_of(content)) sum += frame.size;
  return sum;
}

// Most bytes that the process had resident since the last call; 0 where the kernel does not tell.
std::uint64_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  std::uint64_t kibibytes = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> kibibytes;
  }
  std::ofstream("/proc/self/clear_refs") << 5;
  return kibibytes * kKiB;
}

TEST(LogReaderTest, ALongUnitIsReadTwiceAtMostAndScannedOnceWithinTheWindow) {
  constexpr std::uint64_t kCommands = kTinyLimits ? 1024 : 64 * 1024;
  constexpr std::size_t kCommandSize = 1024;
  LogContent content;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    append_unit(fixture, 0, kCommands, kCommandSize);
    fixture.sync();
    content = fixture.content();
  }
  LogFixture fixture(content);
  const std::uint64_t size = payload_bytes(content);
  const std::uint64_t on_disk = frame_bytes(content);
  ASSERT_GT(size, 4 * kReplayWindow);
  content.clear();
  peak_resident_bytes();
  const std::uint64_t before = peak_resident_bytes();
  ASSERT_TRUE(fixture.replay().ok());
  const std::uint64_t grown = peak_resident_bytes() - before;
  EXPECT_EQ(fixture.applier().numbers, numbers(0, kCommands));
  EXPECT_TRUE(fixture.applier().between_units());
  EXPECT_EQ(fixture.applier().scanned_bytes, size);
  EXPECT_LE(fixture.applier().largest_call, std::max(kReplayWindow, kMaxFrameSize));
  // Each window of a file begins with a frame of which the window before may have had a part; files' ends are judged.
  EXPECT_LE(fixture.disk().read_bytes(), 4 * on_disk + 2 * kLogFileSize);
  std::printf("%llu bytes in frames, %llu read, %llu bytes of memory more\n", static_cast<unsigned long long>(on_disk),
              static_cast<unsigned long long>(fixture.disk().read_bytes()), static_cast<unsigned long long>(grown));
  // The window, two windows of files, and what the applier has of a command and of what it counts.
  EXPECT_LE(grown, kReplayWindow + 4 * kMaxFrameSize + 8 * kMiB);
}

TEST(LogReaderTest, ManyLongUnitsOneBehindTheOtherAreReadTwiceAtMost) {
  constexpr std::uint64_t kUnits = 12;
  constexpr std::uint64_t kCommands = kReplayWindow * 5 / 4 / kSmall;
  LogContent content;
  std::uint64_t next = 0;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    for (std::uint64_t unit = 0; unit < kUnits; ++unit) {
      append_unit(fixture, next, kCommands, kSmall);
      next += kCommands;
      for (unsigned i = 0; i < 3; ++i) fixture.append(command(next++));
    }
    fixture.sync();
    content = fixture.content();
  }
  LogFixture fixture(content);
  ASSERT_TRUE(fixture.open().ok());
  EXPECT_EQ(fixture.applier().numbers, numbers(0, next));
  EXPECT_EQ(fixture.applier().scanned_bytes, payload_bytes(content));
  EXPECT_LE(fixture.disk().read_bytes(), 4 * frame_bytes(content) + 2 * kLogFileSize);
}

TEST(LogReaderTest, ACommandLongerThanAFile) {
  constexpr std::size_t kSize = 3 * kLogFileSize;
  LogContent content;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    fixture.append(command(0));
    fixture.append(command(1, kSize));
    fixture.append(command(2));
    fixture.sync();
    content = fixture.content();
  }
  LogFixture whole(content);
  ASSERT_TRUE(whole.open().ok());
  EXPECT_EQ(whole.applier().numbers, numbers(0, 3));
  const std::vector<FrameInFile> frames = frames_of(content);
  ASSERT_GE(frames.size(), kSize / kMaxFrameSize);
  cut_at(content, frames, frames.size() - 1);
  LogFixture cut(content);
  ASSERT_TRUE(cut.open().ok());
  EXPECT_EQ(cut.applier().numbers, numbers(0, 1));
  EXPECT_EQ(cut.reader().unfinished_bytes(), frames.back().header.first_position - command(0).size());
}

// Small units, a long one and small ones again.
struct LongUnitLog {
  static constexpr std::uint64_t kBefore = 5;
  static constexpr std::uint64_t kCommands = kReplayWindow * 3 / 2 / kSmall;

  LongUnitLog() {
    LogFixture fixture;
    EXPECT_TRUE(fixture.open().ok());
    for (std::uint64_t i = 0; i < kBefore; ++i) fixture.append(command(i));
    unit_position = fixture.log().end_position();
    append_unit(fixture, kBefore, kCommands, kSmall, kCommands / 24);
    unit_end = fixture.log().end_position();
    for (std::uint64_t i = 0; i < kBefore; ++i) {
      fixture.append(command(kBefore + kCommands + i));
      fixture.sync();
    }
    content = fixture.content();
    frames = frames_of(content);
  }
  // How many commands must come back of a log whose last position is `end`.
  std::uint64_t whole_commands(std::uint64_t end) const {
    const std::uint64_t size = command(0).size();
    if (end < unit_position) return end / size;
    if (end < unit_end) return kBefore;
    return kBefore + kCommands + (end - unit_end) / size;
  }

  LogContent content;
  std::vector<FrameInFile> frames;
  std::uint64_t unit_position;
  std::uint64_t unit_end;
};

// Opens what is left, appends more, opens that again: all of it is there, and nothing of what was cut off.
void expect_whole_units(const LogContent& content, std::uint64_t expected) {
  LogContent longer;
  std::vector<std::uint64_t> all = numbers(0, expected);
  {
    LogFixture fixture(content);
    ASSERT_TRUE(fixture.open().ok());
    ASSERT_EQ(fixture.applier().numbers, all);
    ASSERT_TRUE(fixture.applier().between_units());
    ASSERT_EQ(fixture.log().end_position(), fixture.reader().tail().position);
    ASSERT_EQ(fixture.log().durable_position(), fixture.log().end_position());
    fixture.append(command(1'000'000));
    fixture.sync();
    longer = fixture.content();
  }
  all.push_back(1'000'000);
  LogFixture again(longer);
  ASSERT_TRUE(again.open().ok());
  ASSERT_EQ(again.applier().numbers, all);
  ASSERT_EQ(again.reader().unfinished_bytes(), 0u);
}

TEST(LogReaderTest, AUnitCutBehindAnyFrameIsNotThereAtAll) {
  const LongUnitLog log;
  ASSERT_GE(log.frames.size(), 24u);
  for (std::size_t frames = 0; frames <= log.frames.size(); frames += kCutsApart) {
    LogContent content = log.content;
    cut_at(content, log.frames, frames);
    const std::uint64_t end = frames == 0 ? 0 : log.frames[frames - 1].header.end_position();
    SCOPED_TRACE("cut behind " + std::to_string(frames) + " frames");
    expect_whole_units(content, log.whole_commands(end));
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(LogReaderTest, AUnitWhoseTailIsTornAnywhereIsNotThereAtAll) {
  const LongUnitLog log;
  std::mt19937_64 random(5);
  for (unsigned round = 0; round < 24; round += kCutsApart) {
    const std::size_t torn = 1 + random() % (log.frames.size() - 1);
    LogContent content = log.content;
    const std::uint64_t last_byte = kFrameHeaderSize + log.frames[torn].header.payload_size;
    cut_at(content, log.frames, torn, random() % last_byte / 16 * 16);
    SCOPED_TRACE("frame " + std::to_string(torn) + " torn");
    expect_whole_units(content, log.whole_commands(log.frames[torn].header.first_position));
    if (testing::Test::HasFatalFailure()) return;
  }
}

// Frames of one page are of the last bytes of a file what a unit's first command is of the log.
TEST(LogReaderTest, AUnitThatBeginsInTheLastFrameOfAFile) {
  LogContent content;
  std::uint64_t next = 0;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    const auto fill_frame = [&](std::uint64_t frame_bytes) {
      fixture.append(command(next++, frame_bytes - kFrameHeaderSize - kCommandHeadSize));
      fixture.sync();
    };
    for (std::uint64_t i = 1; i < kLogFileSize / kMaxFrameSize; ++i) fill_frame(kMaxFrameSize);
    fill_frame(kMaxFrameSize - kPageSize);
    fixture.log().begin_unit();
    fixture.append_piece(command(next++, 8, '('));
    fixture.sync();
    fixture.append_piece(command(next++));
    fixture.sync();
    fixture.end_unit(command(next++, 8, ')'));
    fixture.sync();
    content = fixture.content();
  }
  const std::vector<FrameInFile> frames = frames_of(content);
  ASSERT_EQ(frames[frames.size() - 3].offset, kLogFileSize - kPageSize);
  ASSERT_EQ(frames[frames.size() - 2].offset, 0u);
  expect_whole_units(content, next);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{2}}) {
    cut_at(content, frames, frames.size() - cut);
    expect_whole_units(content, next - 3);
  }
}

TEST(LogReaderTest, WhatIsCutOffStaysInTheChainAndTheLogGoesOnBeforeIt) {
  const LongUnitLog log;
  const std::size_t in_unit = log.frames.size() - LongUnitLog::kBefore - 4;
  LogContent content = log.content;
  cut_at(content, log.frames, in_unit);
  std::vector<std::uint64_t> all = numbers(0, LongUnitLog::kBefore);
  // Each start finds what the one before left: an unfinished unit of several files' frames, and one more behind it.
  for (std::uint64_t start = 1; start <= 4; ++start) {
    LogFixture fixture(content);
    ASSERT_TRUE(fixture.open().ok());
    ASSERT_EQ(fixture.applier().numbers, all);
    ASSERT_GT(fixture.reader().unfinished_bytes(), kReplayWindow / 2);
    // Frames that may not be durable are read again to be written again, and then once more by the next start.
    const std::vector<FrameInFile> frames = frames_of(content);
    std::vector<std::uint64_t> sequences;
    sequences.reserve(frames.size());
    for (const FrameInFile& frame : frames) sequences.push_back(frame.header.sequence);
    std::sort(sequences.begin(), sequences.end());
    sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
    ASSERT_EQ(sequences.back(), sequences.size());
    const std::uint64_t before = fixture.log().end_position();
    fixture.append(command(1000 * start));
    fixture.sync();
    all.push_back(1000 * start);
    ASSERT_EQ(fixture.log().durable_position(), before + command(0).size());
    fixture.log().begin_unit();
    for (std::uint64_t i = 0; i < LongUnitLog::kCommands; ++i) {
      fixture.append_piece(command(1000 * start + 1 + i, kSmall, i == 0 ? '(' : '.'));
      if (i % (LongUnitLog::kCommands / 8) == 0) fixture.sync();
    }
    fixture.sync();
    ASSERT_EQ(fixture.log().durable_position(), before + command(0).size());
    content = fixture.content();
    fixture.end_unit(command(0, 8, ')'));
  }
}

// Positions behind a cut are those of what was cut off: that such a frame was durable is said by sequences.
TEST(LogReaderTest, ABadFrameBehindACutIsDamage) {
  const LongUnitLog log;
  LogContent content = log.content;
  cut_at(content, log.frames, log.frames.size() - LongUnitLog::kBefore - 2);
  {
    LogFixture fixture(content);
    ASSERT_TRUE(fixture.open().ok());
    for (std::uint64_t i = 0; i < 4; ++i) {
      fixture.append(command(1000 + i));
      fixture.sync();
    }
    ASSERT_LT(fixture.log().end_position(), log.unit_end);
    content = fixture.content();
  }
  const std::vector<FrameInFile> frames = frames_of(content);
  for (std::size_t bad = frames.size() - 4; bad < frames.size(); ++bad) {
    LogContent damaged = content;
    damaged[frames[bad].path][frames[bad].offset + kFrameHeaderSize] ^= 1;
    LogFixture fixture(damaged);
    const Result<void> opened = fixture.open();
    // The last one could be torn as well, and the one before was not durable yet when the last was sealed.
    const bool provable = bad + 1 < frames.size();
    EXPECT_EQ(opened.ok(), !provable) << "frame " << bad;
    if (!opened.ok()) {
      EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
    }
  }
}

TEST(LogReaderTest, BytesThatAreNoCommandAreRefusedWithTheirFrame) {
  LogContent content;
  {
    LogFixture fixture;
    ASSERT_TRUE(fixture.open().ok());
    fixture.append(command(0));
    fixture.sync();
    fixture.append(command(1, 8, ')'));
    fixture.sync();
    content = fixture.content();
  }
  LogFixture fixture(content);
  const Result<void> opened = fixture.open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(opened.error().message.find("frame 2"), std::string::npos) << opened.error().message;
}

// Under these policies no frame says that one before it is durable.
TEST(LogReaderTest, AnUnfinishedUnitThatWasNeverSyncedIsWrittenAgainAndSynced) {
  LogContent content;
  {
    LogFixture fixture({}, FsyncPolicy::kNever);
    ASSERT_TRUE(fixture.open().ok());
    fixture.append(command(0));
    fixture.log().begin_unit();
    for (std::uint64_t i = 0; i < 2 * kLogFileSize / kSmall; ++i) {
      fixture.append_piece(command(1 + i, kSmall, i == 0 ? '(' : '.'));
      if (i % 64 == 63) fixture.wait_for_room();
    }
    fixture.sync();
    content = fixture.content();
    fixture.end_unit(command(0, 8, ')'));
  }
  const std::size_t before = frames_of(content).size();
  std::uint64_t last_sequence = 0;
  {
    LogFixture fixture(content, FsyncPolicy::kNever);
    ASSERT_TRUE(fixture.open().ok());
    EXPECT_EQ(fixture.applier().numbers, numbers(0, 1));
    fixture.append(command(1));
    fixture.sync();
    content = fixture.content();
  }
  const std::vector<FrameInFile> frames = frames_of(content);
  EXPECT_GT(frames.size(), before + 1);
  for (const FrameInFile& frame : frames) last_sequence = std::max(last_sequence, frame.header.sequence);
  EXPECT_EQ(frames.back().header.sequence, last_sequence);
  // The first frame of this start knows all before it to be durable, whatever the policy.
  EXPECT_EQ(frames.back().header.durable_sequence, last_sequence);
  LogFixture again(content);
  ASSERT_TRUE(again.open().ok());
  EXPECT_EQ(again.applier().numbers, numbers(0, 2));
}

}  // namespace
}  // namespace terrace::storage
