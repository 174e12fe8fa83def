#include "io/task.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "io/sync.h"
#include "io/task_group.h"

namespace terrace::io {
namespace {

Task<int> answer() {
  co_return 42;
}
Task<int> twice(bool& started) {
  started = true;
  const int first = co_await answer();
  const int second = co_await answer();
  co_return first + second;
}

TEST(TaskTest, StartsOnlyWhenItIsAwaited) {
  bool started = false;
  Task<int> task = twice(started);
  EXPECT_FALSE(started);
  int result = 0;
  auto run = [](Task<int> inner, int& out) -> Task<> { out = co_await inner; };
  spawn(run(std::move(task), result));
  EXPECT_TRUE(started);
  EXPECT_EQ(result, 84);
}

TEST(TaskTest, CarriesValuesThatCanOnlyMove) {
  auto make = []() -> Task<std::unique_ptr<std::string>> { co_return std::make_unique<std::string>("moved"); };
  std::string result;
  auto run = [](Task<std::unique_ptr<std::string>> inner, std::string& out) -> Task<> {
    std::unique_ptr<std::string> value = co_await inner;
    out = *value;
  };
  spawn(run(make(), result));
  EXPECT_EQ(result, "moved");
}

TEST(TaskTest, LongChainsDoNotGrowTheStack) {
  auto leaf = []() -> Task<int> { co_return 1; };
  int sum = 0;
  auto run = [&leaf](int& out) -> Task<> {
    for (int i = 0; i < 100000; ++i) {
      Task<int> task = leaf();
      out += co_await task;
    }
  };
  Task<> task = run(sum);
  spawn(std::move(task));
  EXPECT_EQ(sum, 100000);
}

Task<> wait_and_note(Event& event, std::vector<int>& order, int number) {
  co_await event.wait();
  order.push_back(number);
}

TEST(EventTest, WakesAllInOrderOfArrivalOnce) {
  Event event;
  std::vector<int> order;
  for (int number : {1, 2, 3}) spawn(wait_and_note(event, order, number));
  EXPECT_TRUE(order.empty());
  event.notify();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  event.notify();
  EXPECT_EQ(order.size(), 3U);
}

TEST(EventTest, WhoWaitsAgainIsNotWokenTwice) {
  Event event;
  int woken = 0;
  auto loop = [](Event& each, int& count) -> Task<> {
    for (int i = 0; i < 2; ++i) {
      co_await each.wait();
      ++count;
    }
  };
  spawn(loop(event, woken));
  event.notify();
  EXPECT_EQ(woken, 1);
  event.notify();
  EXPECT_EQ(woken, 2);
}

Task<> take(Semaphore& semaphore, std::uint64_t amount, std::vector<int>& order, int number) {
  co_await semaphore.acquire(amount);
  order.push_back(number);
}

TEST(SemaphoreTest, ALargeRequestIsNotOvertakenBySmallOnes) {
  Semaphore semaphore(3);
  std::vector<int> order;
  spawn(take(semaphore, 2, order, 1));
  spawn(take(semaphore, 3, order, 2));  // must wait
  spawn(take(semaphore, 1, order, 3));  // would fit, but comes later
  EXPECT_EQ(order, (std::vector<int>{1}));
  semaphore.release(2);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  semaphore.release(3);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  spawn(take(semaphore, 2, order, 4));
  spawn(take(semaphore, 1, order, 5));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4})) << "two units were left, and no third";
  semaphore.release(1);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(GateTest, WaitsForTheLastHolder) {
  Gate gate;
  Event event;
  bool idle = false;
  auto hold = [](Gate::Holder, Event& each) -> Task<> { co_await each.wait(); };
  auto wait = [](Gate& each, bool& done) -> Task<> {
    while (!each.idle()) co_await each.wait();
    done = true;
  };
  spawn(hold(gate.hold(), event));
  spawn(hold(gate.hold(), event));
  spawn(wait(gate, idle));
  EXPECT_FALSE(idle);
  event.notify();
  EXPECT_TRUE(idle);
}

Task<Result<void>> end_with_event(Event& event, bool& over, int& running, Result<void> result) {
  ++running;
  while (!over) co_await event.wait();
  --running;
  co_return result;
}

TEST(TaskGroupTest, RunsSoManyAtATimeAndEndsWithTheFirstError) {
  constexpr int kTasks = 5;
  std::vector<Event> events(kTasks);
  bool over[kTasks] = {};
  int running = 0, started = 0;
  std::string error;
  auto run = [&]() -> Task<> {
    TaskGroup group(2);
    for (int i = 0; i < kTasks; ++i) {
      co_await group.place();
      ++started;
      const Error mine{ErrorCode::kIo, "task " + std::to_string(i)};
      group.start(end_with_event(events[i], over[i], running, i % 2 == 1 ? Result<void>(mine) : Result<void>()));
    }
    const Result<void> result = co_await group.wait();
    error = result.ok() ? "none" : result.error().message;
  };
  const auto end = [&](int i) {
    over[i] = true;
    events[i].notify();
  };
  Task<> task = run();
  spawn(std::move(task));
  EXPECT_EQ(running, 2);
  end(0);
  EXPECT_EQ(started, 3);
  end(2);
  end(3);
  EXPECT_EQ(started, kTasks);
  EXPECT_EQ(running, 2);
  end(1);
  EXPECT_EQ(error, "");
  end(4);
  EXPECT_EQ(error, "task 3");
  EXPECT_EQ(running, 0);
}

TEST(TaskGroupTest, TasksThatDoNotWaitLeaveNothingToWaitFor) {
  int ran = 0;
  bool ended = false;
  auto at_once = [&ran]() -> Task<Result<void>> {
    ++ran;
    co_return Result<void>();
  };
  auto run = [&]() -> Task<> {
    TaskGroup group(1);
    for (int i = 0; i < 100; ++i) {
      co_await group.place();
      group.start(at_once());
    }
    ended = (co_await group.wait()).ok();
  };
  Task<> task = run();
  spawn(std::move(task));
  EXPECT_EQ(ran, 100);
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace terrace::io
