// How long those wait who need memory, where few of many keys are in it.
#include <gtest/gtest.h>

#include "tests/simulation/scripted_store.h"

namespace terrace::simulation {
namespace {

constexpr unsigned kColdKeys = 40000;
constexpr unsigned kHotKeys = 200;
constexpr std::size_t kHotSize = 1000;
constexpr std::int64_t kSecondUs = 1'000'000;

// The clock's hand passes thousands of chains before it comes to a record a second time, which is when it takes it.
TEST(EvictionTest, FewHotKeysAmongManyColdOnesAreFoundWithoutARest) {
  if (!storage::kTinyLimits) GTEST_SKIP() << "takes millions of keys; with tiny limits it does not";
  World world(11);
  Media media(std::uint64_t{1} << 40);
  SimulatedClock clock(world);
  Oracle oracle(1);
  ScriptedStore store({.world = world, .media = media, .clock = clock, .oracle = oracle});
  ASSERT_TRUE(store.open().ok());
  for (unsigned number = 0; number < kColdKeys; ++number) ASSERT_TRUE(store.write(scripted_set(number, 10, 1)).ok());
  ASSERT_TRUE(store.spill_all().ok());
  for (unsigned number = 0; number < kHotKeys; ++number) {
    ASSERT_TRUE(store.write(scripted_set(number * (kColdKeys / kHotKeys), kHotSize, 2)).ok());
  }
  storage::Options options = store.engine().options();
  options.max_memory_bytes = kHotKeys * kHotSize / 2;
  store.engine().reconfigure(options);
  ASSERT_FALSE(store.engine().has_room());
  const std::int64_t begin_us = world.now_us();
  store.wait_for_room();
  EXPECT_LT(world.now_us() - begin_us, kSecondUs);
  ASSERT_TRUE(store.close(false).ok());
}

}  // namespace
}  // namespace terrace::simulation
