#include "io/fiber.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using testing::make_reactor;

Task<int> later(Reactor& reactor, int value) {
  co_await reactor.sleep_ms(1);
  co_return value;
}

Task<int> at_once(int value) {
  co_return value;
}

class FiberTest : public ::testing::Test {
 protected:
  void run(Fiber::Body body) {
    const Result<void> ran = reactor_->block_on(Fiber::run(stacks_, std::move(body)));
    EXPECT_TRUE(ran.ok());
  }

  std::unique_ptr<Reactor> reactor_ = make_reactor();
  FiberStacks stacks_;
};

TEST_F(FiberTest, RunsToItsEnd) {
  bool ran = false;
  run([&](Fiber&) { ran = true; });
  EXPECT_TRUE(ran);
}

TEST_F(FiberTest, WaitsInTheMiddleOfCalls) {
  std::vector<int> values;
  const std::function<int(Fiber&, int)> sum = [&](Fiber& fiber, int depth) -> int {
    const int value = fiber.await(depth % 2 == 0 ? later(*reactor_, depth) : at_once(depth));
    return depth == 0 ? value : value + sum(fiber, depth - 1);
  };
  run([&](Fiber& fiber) {
    values.push_back(sum(fiber, 10));
    fiber.await([](Reactor& reactor) -> Task<> { co_await reactor.sleep_ms(1); }(*reactor_));
    values.push_back(sum(fiber, 3));
  });
  EXPECT_EQ(values, (std::vector<int>{55, 6}));
}

Task<> run_beside(FiberStacks& stacks, Reactor& reactor, int number, std::vector<int>& order, int& running) {
  const Result<void> ran = co_await Fiber::run(stacks, [&](Fiber& fiber) {
    for (int round = 0; round < 3; ++round) order.push_back(fiber.await(later(reactor, number)));
  });
  EXPECT_TRUE(ran.ok());
  if (--running == 0) reactor.stop();
}

TEST_F(FiberTest, OthersRunWhileItWaits) {
  std::vector<int> order;
  int running = 20;  // more than stacks are kept
  const int count = running;
  for (int number = 0; number < count; ++number) spawn(run_beside(stacks_, *reactor_, number, order, running));
  reactor_->run();
  ASSERT_EQ(order.size(), 60u);
  EXPECT_EQ(std::vector<int>(order.begin(), order.begin() + 3), (std::vector<int>{0, 1, 2}));
}

TEST_F(FiberTest, UsesItsStackAndThenTheNextFiberDoes) {
  std::uintptr_t first = 0;
  std::uintptr_t second = 0;
  const auto fill = [](std::uintptr_t& where) {
    volatile char bytes[FiberStacks::kStackBytes / 2];
    for (volatile char& byte : bytes) byte = 1;
    where = reinterpret_cast<std::uintptr_t>(&bytes[0]);
  };
  run([&](Fiber&) { fill(first); });
  run([&](Fiber&) { fill(second); });
  EXPECT_EQ(first, second);
}

TEST_F(FiberTest, WhatDeepCallsHaveTouchedIsGivenBack) {
  std::size_t within = 0;
  const auto touch = [&](Fiber&) {
    volatile char bytes[FiberStacks::kStackBytes / 2];
    for (volatile char& byte : bytes) byte = 1;
    within = stacks_.trim();
  };
  run(touch);
  EXPECT_GE(within, FiberStacks::kStackBytes / 2);
  const std::size_t behind = stacks_.trim();
  EXPECT_GT(behind, 0u);
  EXPECT_LT(behind, FiberStacks::kStackBytes / 16);
  run([&](Fiber&) { within = stacks_.trim(); });
  EXPECT_LT(within, FiberStacks::kStackBytes / 16);
}

int deeper(std::size_t calls) {
  volatile char bytes[4096];
  bytes[0] = static_cast<char>(calls);
  return calls == 0 ? 0 : deeper(calls - 1) + bytes[0];
}

TEST(FiberDeathTest, AStackThatIsUsedUpEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        auto reactor = make_reactor();
        FiberStacks stacks;
        (void)reactor->block_on(Fiber::run(stacks, [](Fiber&) { deeper(2 * FiberStacks::kStackBytes / 4096); }));
      },
      "");
}

}  // namespace
}  // namespace terrace::io
