// What is written to a new log file before there is anything to log.
#include <gtest/gtest.h>

#include "tests/simulation/scripted_store.h"

namespace terrace::simulation {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

// Written by a store that nobody uses, until long after its files are made.
std::uint64_t bytes_written_at_rest(storage::FsyncPolicy policy) {
  World world(7);
  Media media(std::uint64_t{1} << 40);
  SimulatedClock clock(world);
  Oracle oracle(1);
  ScriptedStore store({.world = world, .media = media, .clock = clock, .oracle = oracle, .fsync_policy = policy});
  EXPECT_TRUE(store.open().ok());
  while (world.now_us() < kSecondUs && world.step()) {
  }
  const std::uint64_t bytes = store.disk().counts().bytes_written;
  EXPECT_TRUE(store.close(false).ok());
  return bytes;
}

TEST(LogFilesTest, TheNextFileIsFilledWithZerosOnlyWhereRepliesWaitForSyncs) {
  EXPECT_GE(bytes_written_at_rest(storage::FsyncPolicy::kAlways), storage::kLogFileSize);
  EXPECT_LT(bytes_written_at_rest(storage::FsyncPolicy::kEverySecond), storage::kLogFileSize / 2);
  EXPECT_LT(bytes_written_at_rest(storage::FsyncPolicy::kNever), storage::kLogFileSize / 2);
}

}  // namespace
}  // namespace terrace::simulation
