// Each rule by which compaction is due, by which writers wait for it, and by which it chooses.
#include "storage/tiering/compaction_policy.h"

#include <gtest/gtest.h>

namespace terrace::storage {
namespace {

using Numbers = CompactionPolicy::Numbers;

constexpr std::int64_t kNowUs = 5'000'000;
constexpr std::uint64_t kTaken = 640 * kMiB;
const DiskLevel kRoomy{.free_bytes = 900 * kGiB, .total_bytes = 1000 * kGiB};
const DiskLevel kLow{.free_bytes = 99 * kGiB, .total_bytes = 1000 * kGiB};

// The live share is three quarters.
CompactionPolicy policy() {
  CompactionPolicy policy;
  policy.set({.enabled = true, .live_share = 0.75});
  return policy;
}

bool due(const CompactionPolicy& policy, const Numbers& numbers, const DiskLevel& disk = kRoomy) {
  return policy.due(numbers, disk, false, kNowUs);
}

Numbers cold(std::uint64_t live_bytes) {
  return {.hot_keys = 10, .cold_keys = 11, .live_bytes = live_bytes, .taken_bytes = kTaken};
}

TEST(CompactionPolicy, AnEmptyStoreNeedsNone) {
  EXPECT_FALSE(due(policy(), {}));
  EXPECT_FALSE(policy().behind({}));
}

TEST(CompactionPolicy, IsDueBelowASlackAboveTheShare) {
  constexpr std::uint64_t kBound = kTaken / 4 * 3 + kTaken / 64;
  EXPECT_FALSE(due(policy(), cold(kBound)));
  EXPECT_TRUE(due(policy(), cold(kBound - 1)));
}

TEST(CompactionPolicy, WritersWaitASlackBelowTheShare) {
  constexpr std::uint64_t kSlack = kTaken / 64 > kSmallSegmentSize ? kTaken / 64 : kSmallSegmentSize;
  constexpr std::uint64_t kBound = kTaken / 4 * 3 - kSlack;
  EXPECT_FALSE(policy().behind(cold(kBound)));
  EXPECT_TRUE(policy().behind(cold(kBound - 1)));
}

TEST(CompactionPolicy, WritersDoNotWaitForASmallSegment) {
  const Numbers numbers{.cold_keys = 1, .live_bytes = 0, .taken_bytes = kSmallSegmentSize};
  EXPECT_TRUE(due(policy(), numbers));
  EXPECT_FALSE(policy().behind(numbers));
}

TEST(CompactionPolicy, WritersDoNotWaitForAThrottledRun) {
  CompactionPolicy throttled;
  throttled.set({.enabled = true, .live_share = 0.75, .throttled = true});
  EXPECT_TRUE(due(throttled, cold(0)));
  EXPECT_FALSE(throttled.behind(cold(0)));
}

TEST(CompactionPolicy, WhatIsHeldCountsAsDead) {
  Numbers numbers = cold(kTaken / 4 * 3 + kTaken / 64);
  ASSERT_FALSE(due(policy(), numbers));
  numbers.held_bytes = kMiB;
  EXPECT_TRUE(due(policy(), numbers));
}

TEST(CompactionPolicy, WhatIsHeldCountsUpToAShareOfTheSegments) {
  constexpr std::uint64_t kMost = kTaken + kTaken / 7;
  Numbers numbers = cold(kMost - kMost / 8);  // 0.875 of all that can count
  numbers.held_bytes = 100 * kTaken;
  EXPECT_FALSE(due(policy(), numbers));
}

TEST(CompactionPolicy, AHotStoresGarbageIsLeftAlone) {
  Numbers numbers{.hot_keys = 11, .cold_keys = 10};
  numbers.taken_bytes = CompactionPolicy::kHotGarbageBytes;
  EXPECT_FALSE(due(policy(), numbers));
  ++numbers.taken_bytes;
  EXPECT_TRUE(due(policy(), numbers));
  EXPECT_FALSE(policy().behind(numbers));
  numbers = {.hot_keys = 10, .cold_keys = 11, .taken_bytes = CompactionPolicy::kHotGarbageBytes};
  EXPECT_TRUE(due(policy(), numbers)) << "of a cold store it is not";
}

TEST(CompactionPolicy, ALowDiskNeedsEverything) {
  const Numbers numbers = cold(kTaken);
  EXPECT_FALSE(due(policy(), numbers));
  EXPECT_TRUE(due(policy(), numbers, kLow));
}

TEST(CompactionPolicy, OnALowDiskTheCheckpointComesFirst) {
  Numbers numbers = cold(0);
  EXPECT_TRUE(policy().due(numbers, kLow, false, kNowUs));
  EXPECT_FALSE(policy().due(numbers, kLow, true, kNowUs));
  EXPECT_TRUE(policy().due(numbers, kRoomy, true, kNowUs)) << "otherwise they run beside each other";
  numbers.suspect = true;
  EXPECT_FALSE(policy().due(numbers, kLow, true, kNowUs));
}

TEST(CompactionPolicy, OnlySuspectSegmentsWhileItIsDisabled) {
  CompactionPolicy disabled;
  disabled.set({.enabled = false, .live_share = 0.75});
  Numbers numbers = cold(0);
  EXPECT_FALSE(due(disabled, numbers));
  EXPECT_FALSE(due(disabled, numbers, kLow));
  numbers.suspect = true;
  EXPECT_TRUE(due(disabled, numbers));
}

TEST(CompactionPolicy, ASuspectSegmentIsAlwaysDue) {
  Numbers numbers{.hot_keys = 1, .live_bytes = kTaken, .taken_bytes = kTaken};
  EXPECT_FALSE(due(policy(), numbers));
  numbers.suspect = true;
  EXPECT_TRUE(due(policy(), numbers));
}

TEST(CompactionPolicy, RestsAfterAFailure) {
  CompactionPolicy rested = policy();
  rested.note_failure(kNowUs);
  EXPECT_FALSE(rested.due(cold(0), kLow, false, kNowUs + CompactionPolicy::kRestUs - 1));
  EXPECT_TRUE(rested.due(cold(0), kLow, false, kNowUs + CompactionPolicy::kRestUs));
}

TEST(CompactionPolicy, ChoosesDeadAndOldSegments) {
  EXPECT_EQ(CompactionPolicy::worth(0.1, 1000, false), 0) << "not worth the copying";
  EXPECT_GT(CompactionPolicy::worth(0.11, 1, false), 0);
  EXPECT_GT(CompactionPolicy::worth(0.6, 10, false), CompactionPolicy::worth(0.5, 10, false));
  EXPECT_GT(CompactionPolicy::worth(0.5, 11, false), CompactionPolicy::worth(0.5, 10, false));
  EXPECT_GT(CompactionPolicy::worth(0, 1, true), CompactionPolicy::worth(1, 1u << 30, false)) << "suspects come first";
}

}  // namespace
}  // namespace terrace::storage
