// Each rule by which a checkpoint is due, at its bound: due there, and not one byte before.
#include "storage/checkpoint/checkpoint_policy.h"

#include <gtest/gtest.h>

namespace terrace::storage {
namespace {

using Numbers = CheckpointPolicy::Numbers;

constexpr std::int64_t kNowUs = 5'000'000;
const DiskLevel kRoomy{.free_bytes = 900 * kGiB, .total_bytes = 1000 * kGiB};
const DiskLevel kLow{.free_bytes = 99 * kGiB, .total_bytes = 1000 * kGiB};
const DiskLevel kExhausted{.free_bytes = kDiskReserve - 1, .total_bytes = 1000 * kGiB};

bool due(const Numbers& numbers, const DiskLevel& disk = kRoomy) {
  return CheckpointPolicy().due(numbers, disk, kNowUs);
}

std::uint64_t log_bound(const Numbers& numbers, const DiskLevel& disk = kRoomy) {
  return CheckpointPolicy().bounds(numbers, disk).log_bytes;
}

// Stores with no key in memory, and with all keys in memory.
Numbers cold() {
  return {.cold_keys = 1000, .segment_bytes = 40 * kCheckpointShare * kLogFileSize};
}
Numbers hot() {
  return {.hot_keys = 1000, .log_entries = kCheckpointLogEntries};
}

TEST(CheckpointPolicy, AnEmptyStoreNeedsNone) {
  EXPECT_FALSE(due({}));
}

TEST(CheckpointPolicy, TheLogIsBounded) {
  for (Numbers numbers : {cold(), hot()}) {
    numbers.log_bytes = log_bound(numbers) - 1;
    EXPECT_FALSE(due(numbers));
    ++numbers.log_bytes;
    EXPECT_TRUE(due(numbers));
  }
}

TEST(CheckpointPolicy, TheLogsFilesAreBounded) {
  Numbers numbers = hot();
  numbers.full_log_files = 2 * kCheckpointLogSize / kLogFileSize;
  EXPECT_FALSE(due(numbers));
  ++numbers.full_log_files;
  EXPECT_TRUE(due(numbers)) << "many starts, each with a file of its own and hardly anything in it";
}

TEST(CheckpointPolicy, TheConfigurationMayFixTheLogsBound) {
  CheckpointPolicy policy;
  policy.set_log_bytes(1000);
  Numbers numbers = hot();
  numbers.log_bytes = 999;
  EXPECT_FALSE(policy.due(numbers, kRoomy, kNowUs));
  numbers.log_bytes = 1000;
  EXPECT_TRUE(policy.due(numbers, kRoomy, kNowUs));
  policy.set_log_bytes(0);
  EXPECT_FALSE(policy.due(numbers, kRoomy, kNowUs));
}

TEST(CheckpointPolicy, AHotStoresLogFollowsItsReplay) {
  Numbers numbers = hot();
  EXPECT_EQ(log_bound(numbers), kCheckpointLogSize);
  numbers.index_bytes = 3 * kCheckpointLogSize;
  EXPECT_EQ(log_bound(numbers), 3 * kCheckpointLogSize) << "a checkpoint of a large index costs more";
  numbers.segment_bytes = kGiB * kGiB;
  EXPECT_EQ(log_bound(numbers), 3 * kCheckpointLogSize) << "segments do not matter";
}

TEST(CheckpointPolicy, AHotStoresLogOfFewEntriesMayBeLonger) {
  Numbers numbers = hot();
  --numbers.log_entries;
  EXPECT_EQ(log_bound(numbers), kMaxCheckpointLogSize);
  const DiskLevel small{.free_bytes = 30 * kCheckpointLogSize, .total_bytes = 32 * kCheckpointLogSize};
  EXPECT_EQ(log_bound(numbers, small), 32 * kCheckpointLogSize / kCheckpointLogDiskShare);
}

TEST(CheckpointPolicy, AColdStoresLogIsAShareOfItsSegments) {
  Numbers numbers = cold();
  numbers.segment_bytes = kCheckpointShare * 3 * kLogFileSize;
  numbers.index_bytes = 100 * kCheckpointLogSize;
  EXPECT_EQ(log_bound(numbers), 3 * kLogFileSize);
  numbers.segment_bytes = 0;
  EXPECT_EQ(log_bound(numbers), 2 * kLogFileSize) << "at least two files";
  numbers.expected_file_bytes = 5 * kLogFileSize;
  EXPECT_EQ(log_bound(numbers), 10 * kLogFileSize) << "twice what the checkpoint writes";
  numbers.index_bytes = 0;
  numbers.expected_file_bytes = kGiB * kGiB;
  EXPECT_EQ(log_bound(numbers), kCheckpointLogSize) << "never more than what is replayed quickly";
}

TEST(CheckpointPolicy, RetiredSegmentsAreBounded) {
  Numbers numbers = cold();
  numbers.retired_bytes = 2 * numbers.segment_bytes / kCheckpointShare;
  EXPECT_FALSE(due(numbers));
  ++numbers.retired_bytes;
  EXPECT_TRUE(due(numbers));
  numbers.last_image_bytes = numbers.segment_bytes;
  EXPECT_FALSE(due(numbers)) << "the next checkpoint would retire as much again";
}

TEST(CheckpointPolicy, ALowDiskNeedsWhatACheckpointGivesBack) {
  Numbers numbers = cold();
  numbers.most_written_bytes = kLogFileSize / 2;
  numbers.retired_bytes = numbers.most_written_bytes;
  EXPECT_FALSE(due(numbers, kLow));
  ++numbers.retired_bytes;
  EXPECT_TRUE(due(numbers, kLow));
  EXPECT_FALSE(due(numbers, kRoomy));
}

TEST(CheckpointPolicy, ALowDiskNeedsTheLogsFiles) {
  Numbers numbers = cold();
  numbers.log_bytes = kLogFileSize;
  EXPECT_FALSE(due(numbers, kLow));
  ++numbers.log_bytes;
  EXPECT_TRUE(due(numbers, kLow));
  EXPECT_FALSE(due(numbers, kRoomy));
  numbers.most_written_bytes = numbers.log_bytes;
  EXPECT_FALSE(due(numbers, kLow)) << "it would write as much";
}

TEST(CheckpointPolicy, AnExhaustedDiskNeedsAnythingAtAll) {
  Numbers numbers = cold();
  numbers.most_written_bytes = kGiB;
  EXPECT_FALSE(due(numbers, kExhausted)) << "nothing would be given back";
  numbers.retired_bytes = 1;
  EXPECT_TRUE(due(numbers, kExhausted));
  EXPECT_FALSE(due(numbers, kLow));
  numbers.retired_bytes = 0;
  numbers.full_log_files = 1;
  EXPECT_TRUE(due(numbers, kExhausted));
  EXPECT_FALSE(due(numbers, kLow));
}

TEST(CheckpointPolicy, OneAtATime) {
  Numbers numbers = hot();
  numbers.log_bytes = kGiB;
  ASSERT_TRUE(due(numbers));
  numbers.running = true;
  EXPECT_FALSE(due(numbers));
  EXPECT_FALSE(due(numbers, kExhausted));
}

TEST(CheckpointPolicy, NoneWhenTheLogHasFailed) {
  Numbers numbers = hot();
  numbers.log_bytes = kGiB;
  numbers.log_failed = true;
  EXPECT_FALSE(due(numbers)) << "its mark could not be made durable";
}

TEST(CheckpointPolicy, RestsAfterAFailure) {
  CheckpointPolicy policy;
  Numbers numbers = hot();
  numbers.log_bytes = kGiB;
  policy.note_failure(kNowUs);
  EXPECT_FALSE(policy.due(numbers, kRoomy, kNowUs));
  EXPECT_FALSE(policy.due(numbers, kExhausted, kNowUs + CheckpointPolicy::kRestUs - 1));
  EXPECT_TRUE(policy.due(numbers, kRoomy, kNowUs + CheckpointPolicy::kRestUs));
}

}  // namespace
}  // namespace terrace::storage
