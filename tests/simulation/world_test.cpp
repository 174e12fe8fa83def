#include "tests/simulation/world.h"

#include <gtest/gtest.h>

#include <vector>

#include "io/task.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_workers.h"

namespace terrace::simulation {
namespace {

io::Task<void> sleep_and_note(io::Clock& clock, std::int64_t duration_us, int number, std::vector<int>& order) {
  co_await clock.sleep_us(duration_us);
  order.push_back(number);
}

TEST(WorldTest, TimersRunByDeadlineAndEqualOnesInOrderOfCall) {
  World world(1);
  SimulatedClock clock(world);
  std::vector<int> order;
  io::spawn(sleep_and_note(clock, 20, 3, order));
  io::spawn(sleep_and_note(clock, 10, 1, order));
  io::spawn(sleep_and_note(clock, 10, 2, order));
  EXPECT_TRUE(order.empty());
  while (world.step()) {
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(world.now_us(), 20);
}

io::Task<void> yield_for_ever(io::Clock& clock, const bool& stop) {
  while (!stop) co_await clock.yield();
}

TEST(WorldTest, AYieldingLoopLetsTimePass) {
  World world(1);
  SimulatedClock clock(world);
  std::vector<int> order;
  bool stop = false;
  io::spawn(yield_for_ever(clock, stop));
  io::spawn(sleep_and_note(clock, 100, 1, order));
  for (int i = 0; i < 1000 && order.empty(); ++i) world.step();
  EXPECT_EQ(order.size(), 1u);
  stop = true;  // NOLINT(clang-analyzer-deadcode.DeadStores): the coroutine reads it
  while (world.step()) {
  }
}

void note(void* object) {
  ++*static_cast<int*>(object);
}

TEST(WorldTest, OneSeedGivesOneOrderAndAnotherSeedAnother) {
  auto course = [](std::uint64_t seed) {
    World world(seed);
    int counters[8] = {};
    std::vector<int> order;
    for (int& counter : counters) world.after(5, note, &counter);
    while (world.step()) {
      for (int i = 0; i < 8; ++i) {
        if (counters[i] == 1) order.push_back(i), ++counters[i];
      }
    }
    return order;
  };
  EXPECT_EQ(course(7), course(7));
  EXPECT_NE(course(7), course(8));
}

TEST(WorldTest, DroppedEventsNeverRun) {
  World world(1);
  int count = 0;
  world.after(1, note, &count);
  world.drop_events();
  EXPECT_FALSE(world.step());
  EXPECT_EQ(count, 0);
}

io::Task<void> work(io::Workers& workers, std::vector<int>& order) {
  co_await workers.run([&] { order.push_back(1); });
  order.push_back(2);
}

TEST(SimulatedWorkersTest, TheFunctionRunsLaterAndThenTheWaiter) {
  World world(1);
  SimulatedWorkers workers(world);
  std::vector<int> order;
  io::spawn(work(workers, order));
  EXPECT_TRUE(order.empty());
  world.step();
  EXPECT_EQ(order, (std::vector<int>{1}));
  world.step();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

}  // namespace
}  // namespace terrace::simulation
