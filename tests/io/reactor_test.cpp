#include "io/reactor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/activity.h"
#include "io/signal_watcher.h"
#include "io/slice.h"
#include "tests/io/testing.h"

namespace terrace::io {
namespace {

using testing::make_reactor;

Task<> sleep_and_note(Reactor& reactor, std::int64_t duration_us, std::vector<int>& order, int number) {
  co_await reactor.sleep_us(duration_us);
  order.push_back(number);
}

TEST(ReactorTest, TimersFireInOrderOfDeadlineAndThenOfCall) {
  auto reactor = make_reactor();
  std::vector<int> order;
  auto all = [](Reactor& loop, std::vector<int>& out) -> Task<> {
    spawn(sleep_and_note(loop, 20'000, out, 3));
    spawn(sleep_and_note(loop, 2'000, out, 2));
    spawn(sleep_and_note(loop, 0, out, 1));
    co_await loop.sleep_us(40'000);
  };
  reactor->block_on(all(*reactor, order));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

struct AtDeadline {
  Reactor& reactor;
  Timer timer;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    timer.waiter = handle;
    reactor.submit(timer);
  }
  void await_resume() const noexcept {}
};

TEST(ReactorTest, EqualDeadlinesFireInOrderOfCall) {
  auto reactor = make_reactor();
  std::vector<int> order;
  const std::int64_t deadline = reactor->monotonic_us() + 5'000;
  auto wait = [](Reactor& loop, std::int64_t when, std::vector<int>& out, int number) -> Task<> {
    AtDeadline timer{loop, {.deadline_us = when, .waiter = {}}};
    co_await timer;
    out.push_back(number);
    if (out.size() == 100) loop.stop();
  };
  for (int number = 0; number < 100; ++number) spawn(wait(*reactor, deadline, order, number));
  reactor->run();
  ASSERT_EQ(order.size(), 100U);
  for (int number = 0; number < 100; ++number) EXPECT_EQ(order[static_cast<std::size_t>(number)], number);
}

TEST(ReactorTest, NeverWakesBeforeTheDeadlineNorMuchLater) {
  auto reactor = make_reactor();
  auto sleep = [](Reactor& loop) -> Task<std::int64_t> {
    const std::int64_t begin = loop.monotonic_us();
    co_await loop.sleep_us(15'300);
    co_return loop.monotonic_us() - begin;
  };
  const std::int64_t slept = reactor->block_on(sleep(*reactor));
  EXPECT_GE(slept, 15'300);
  EXPECT_LT(slept, 1'000'000);
}

TEST(ReactorTest, YieldLetsOthersRunAndDoesNotStarveCompletions) {
  auto reactor = make_reactor();
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  struct Read {
    void on_read(int result, unsigned) { done = result == 8; }
    bool done = false;
    std::uint64_t value = 0;
    CompletionOf<&Read::on_read> completion{*this};
  } read;
  io_uring_prep_read(&reactor->prepare(read.completion), fd, &read.value, 8, 0);
  const std::uint64_t one = 1;
  ASSERT_EQ(::write(fd, &one, 8), 8);
  auto spin = [](Reactor& loop, const bool& done) -> Task<int> {
    int turns = 0;
    for (; !done && turns < 1'000'000; ++turns) co_await loop.yield();
    co_return turns;
  };
  EXPECT_LT(reactor->block_on(spin(*reactor, read.done)), 1'000'000);
  EXPECT_EQ(read.value, 1U);
  ::close(fd);
}

struct PostAwaiter {
  Reactor& reactor;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) { reactor.post(handle); }
  void await_resume() const noexcept {}
};

TEST(ReactorTest, PostResumesInOrderWithoutRecursion) {
  auto reactor = make_reactor();
  std::vector<int> order;
  auto step = [](Reactor& loop, std::vector<int>& out, int number) -> Task<> {
    for (int i = 0; i < 200'000; ++i) {
      PostAwaiter post{loop};
      co_await post;
      if (i == 0) out.push_back(number);
    }
    loop.stop();
  };
  spawn(step(*reactor, order, 1));
  spawn(step(*reactor, order, 2));
  EXPECT_TRUE(order.empty());
  reactor->run();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(ReactorTest, HooksRunOncePerTurnInOrderAndWhatTheyWakeRunsBeforeTheWait) {
  auto reactor = make_reactor();
  std::vector<std::string> events;
  struct Hook : TurnHook {
    Hook(std::vector<std::string>& list, std::string text) : events(list), name(std::move(text)) {}
    void at_turn_end() override {
      events.push_back(name);
      if (waiter) std::exchange(waiter, {}).resume();
    }
    std::vector<std::string>& events;
    std::string name;
    std::coroutine_handle<> waiter;
  };
  Hook first(events, "commit");
  Hook second(events, "flush");
  reactor->add_turn_hook(first);
  reactor->add_turn_hook(second);
  struct HookAwaiter {
    Hook& hook;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { hook.waiter = handle; }
    void await_resume() const noexcept {}
  };
  auto run = [](Reactor& loop, Hook& hook, std::vector<std::string>& list) -> Task<> {
    HookAwaiter until_hook{hook};
    co_await until_hook;  // within the first hook
    PostAwaiter post{loop};
    co_await post;  // would never be resumed if the loop waited first
    list.push_back("woken");
    loop.stop();
  };
  spawn(run(*reactor, first, events));
  reactor->run();
  EXPECT_EQ(events, (std::vector<std::string>{"commit", "flush", "woken", "commit", "flush"}));
  reactor->remove_turn_hook(first);
  reactor->remove_turn_hook(second);
}

struct Counter {
  void on_done(int result, unsigned) {
    ++done;
    failures += result != 0;
    if (done == expected) reactor.stop();
  }
  Reactor& reactor;
  int expected;
  int done = 0;
  int failures = 0;
  CompletionOf<&Counter::on_done> completion{*this};
};

TEST(ReactorTest, MoreOperationsInATurnThanBothQueuesHold) {
  auto reactor = make_reactor({.submission_entries = 8, .completion_entries = 16});
  Counter counter{.reactor = *reactor, .expected = 10'000};
  for (int i = 0; i < counter.expected; ++i) io_uring_prep_nop(&reactor->prepare(counter.completion));
  reactor->run();
  EXPECT_EQ(counter.done, counter.expected);
  EXPECT_EQ(counter.failures, 0);
}

TEST(ReactorTest, CompletionsStayInOrderWhenTheQueueOverflows) {
  auto reactor = make_reactor({.submission_entries = 8, .completion_entries = 16});
  struct Ordered {
    void on_done(int, unsigned) {
      out.push_back(number);
      // The submission queue also overflows in the middle of the dispatch.
      for (int i = 0; i < 20 && number < 50; ++i) io_uring_prep_nop(&reactor.prepare(counter.completion));
      if (out.size() == 500) counter.reactor.stop();
    }
    Reactor& reactor;
    Counter& counter;
    std::vector<int>& out;
    int number;
    CompletionOf<&Ordered::on_done> completion{*this};
  };
  Counter counter{.reactor = *reactor, .expected = 1'000'000};
  std::vector<int> order;
  std::vector<std::unique_ptr<Ordered>> all;
  for (int number = 0; number < 500; ++number) {
    // An aggregate: make_unique has no braces to give. NOLINTNEXTLINE(modernize-make-unique)
    all.push_back(std::unique_ptr<Ordered>(new Ordered{*reactor, counter, order, number}));
    io_uring_prep_nop(&reactor->prepare(all.back()->completion));
  }
  reactor->run();
  ASSERT_EQ(order.size(), 500U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// A coroutine that posts itself while another completion follows is resumed after that completion; the last one is
// always resumed.
TEST(ReactorTest, ThoseWhoPostAreResumedWhenAFewCompletionsHaveBeenHandled) {
  constexpr int kOperations = 100;
  auto reactor = make_reactor();
  struct Arrivals {
    void on_done(int, unsigned) {
      ++arrived;
      another_followed = reactor.another_follows();
      spawn(go_on(*this, arrived, another_followed));
    }
    static Task<> go_on(Arrivals& all, int number, bool another_follows) {
      PostAwaiter post{all.reactor};
      co_await post;
      EXPECT_EQ(all.arrived > number, another_follows);
      all.largest_group = std::max(all.largest_group, all.arrived - number + 1);
      if (++all.resumed == kOperations) all.reactor.stop();
    }
    Reactor& reactor;
    int arrived = 0;
    int resumed = 0;
    int largest_group = 0;
    bool another_followed = true;
    CompletionOf<&Arrivals::on_done> completion{*this};
  };
  Arrivals arrivals{.reactor = *reactor};
  for (int i = 0; i < kOperations; ++i) io_uring_prep_nop(&reactor->prepare(arrivals.completion));
  reactor->run();
  EXPECT_EQ(arrivals.resumed, kOperations);
  EXPECT_FALSE(arrivals.another_followed);
  EXPECT_GT(arrivals.largest_group, 1);
  EXPECT_LE(arrivals.largest_group, 16);
}

TEST(ReactorTest, CancelEndsAnOperation) {
  auto reactor = make_reactor();
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  struct Read {
    void on_read(int result, unsigned) {
      outcome = result;
      reactor.stop();
    }
    Reactor& reactor;
    int outcome = 0;
    std::uint64_t value = 0;
    CompletionOf<&Read::on_read> completion{*this};
  } read{*reactor};
  io_uring_prep_read(&reactor->prepare(read.completion), fd, &read.value, 8, 0);
  auto cancel_later = [](Reactor& loop, Completion& completion) -> Task<> {
    co_await loop.sleep_ms(5);
    loop.cancel(completion);
  };
  spawn(cancel_later(*reactor, read.completion));
  reactor->run();
  EXPECT_EQ(read.outcome, -ECANCELED);
  ::close(fd);
}

TEST(ReactorTest, MeasuresItsTurns) {
  auto reactor = make_reactor();
  auto work = [](Reactor& loop) -> Task<> {
    co_await loop.sleep_ms(200);  // waiting is not work; a preemption before it counts as some
    const std::int64_t until = loop.monotonic_us() + 10'000;
    while (loop.monotonic_us() < until) {
    }
  };
  const std::int64_t begin_us = reactor->monotonic_us();
  reactor->block_on(work(*reactor));
  const auto elapsed_us = static_cast<std::uint64_t>(reactor->monotonic_us() - begin_us);
  const TurnStatistics& statistics = reactor->turn_statistics();
  EXPECT_GE(statistics.turns, 2U);
  EXPECT_GE(statistics.worst_us, 10'000U);
  EXPECT_GE(statistics.busy_us, statistics.worst_us);
  EXPECT_LT(statistics.busy_us + 20'000U, elapsed_us);
  reactor->reset_worst_turn();
  EXPECT_EQ(statistics.worst_us, 0U);
}

void keep_busy(const Reactor& loop, std::int64_t duration_us) {
  const std::int64_t until = loop.monotonic_us() + duration_us;
  while (loop.monotonic_us() < until) {
  }
}

class LongTurns final : public TurnObserver {
 public:
  void at_long_turn(const char* cause, std::int64_t duration_us) override { seen.emplace_back(cause, duration_us); }
  std::vector<std::pair<std::string, std::int64_t>> seen;
};

// On a busy machine the thread may have had no processor: the cause tells, and the test tries again.
TEST(ReactorTest, LaysLongTurnsAtTheDoorOfWhatTookMostOfThem) {
  auto reactor = make_reactor();
  auto work = [](Reactor& loop) -> Task<> {
    co_await loop.sleep_ms(2);
    {
      const Activity much("much");
      keep_busy(loop, 20'000);
      const Activity little("little");
      keep_busy(loop, 4'000);
    }
    keep_busy(loop, 4'000);
    co_await loop.sleep_ms(2);
  };
  std::string cause;
  for (int attempt = 0; attempt < 20 && cause != "much"; ++attempt) {
    LongTurns turns;
    reactor->reset_worst_turn();
    reactor->observe_turns(&turns);
    reactor->block_on(work(*reactor));
    reactor->observe_turns(nullptr);
    const TurnStatistics& statistics = reactor->turn_statistics();
    EXPECT_GE(statistics.worst_us, 28'000U);
    cause = statistics.worst_cause;
    EXPECT_TRUE(cause == "much" || cause == "preempted" || cause == "blocked") << cause;
    const auto worst = std::max_element(turns.seen.begin(), turns.seen.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    ASSERT_NE(worst, turns.seen.end());
    EXPECT_GE(worst->second, 28'000);
  }
  EXPECT_EQ(cause, "much");
  EXPECT_GE(reactor->turn_statistics().worst_on_cpu_us, 14'000U);
  EXPECT_EQ(reactor->turn_statistics().worst_on_cpu_cause, std::string("much"));
}

TEST(ReactorTest, TellsATurnThatWaitedFromOneThatWorked) {
  auto reactor = make_reactor();
  auto work = [](Reactor& loop) -> Task<> {
    co_await loop.sleep_ms(2);
    const Activity activity("asleep");
    ::usleep(20'000);
  };
  reactor->block_on(work(*reactor));
  const std::string cause = reactor->turn_statistics().worst_cause;
  EXPECT_TRUE(cause == "blocked" || cause == "preempted") << cause;
  EXPECT_GE(reactor->turn_statistics().worst_us, 20'000U);
  EXPECT_LT(reactor->turn_statistics().worst_on_cpu_us, 20'000U);
}

// Many coroutines that work in slices share a turn's slice in their order, and due timers run in between.
TEST(ReactorTest, SlicesOfAllTogetherAreBounded) {
  auto reactor = make_reactor();
  constexpr int kWorkers = 8, kSlices = 4;
  std::vector<int> order;
  std::uint64_t most_in_a_turn = 0;
  std::uint64_t turn = 0, in_turn = 0;
  int at_work = kWorkers;
  auto work = [&](int number) -> Task<> {
    co_await reactor->yield();
    Slice slice(*reactor);
    for (int i = 0; i < kSlices; ++i) {
      if (reactor->turn_statistics().turns != turn) in_turn = 0;
      turn = reactor->turn_statistics().turns;
      most_in_a_turn = std::max(most_in_a_turn, ++in_turn);
      order.push_back(number);
      while (!slice.over()) {
      }
      co_await slice.next();
    }
    if (--at_work == 0) reactor->stop();
  };
  for (int number = 0; number < kWorkers; ++number) spawn(work(number));
  reactor->run();
  EXPECT_EQ(most_in_a_turn, 1U);
  ASSERT_EQ(order.size(), static_cast<std::size_t>(kWorkers * kSlices));
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<int>(i) % kWorkers);
}

TEST(SignalWatcherTest, HandsOutSignalsAndCloses) {
  auto reactor = make_reactor();
  auto created = SignalWatcher::create(*reactor, {SIGUSR1, SIGUSR2});
  ASSERT_TRUE(created.ok());
  SignalWatcher& watcher = **created;
  auto run = [](Reactor& loop, SignalWatcher& signals) -> Task<std::vector<int>> {
    std::vector<int> seen;
    ::kill(::getpid(), SIGUSR2);
    seen.push_back(co_await signals.next());
    auto kill_later = [](Reactor& inner) -> Task<> {
      co_await inner.sleep_ms(5);
      ::kill(::getpid(), SIGUSR1);
    };
    spawn(kill_later(loop));
    seen.push_back(co_await signals.next());
    auto close_later = [](Reactor& inner, SignalWatcher& target) -> Task<> {
      co_await inner.sleep_ms(5);
      co_await target.close();
      inner.stop();
    };
    spawn(close_later(loop, signals));
    seen.push_back(co_await signals.next());
    co_return seen;
  };
  std::vector<int> seen;
  auto keep = [&](Reactor& loop) -> Task<> { seen = co_await run(loop, watcher); };
  Task<> task = keep(*reactor);
  spawn(std::move(task));
  reactor->run();
  EXPECT_EQ(seen, (std::vector<int>{SIGUSR2, SIGUSR1, 0}));
}

}  // namespace
}  // namespace terrace::io
