#include "io/scheduling.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <thread>

namespace terrace::io {
namespace {

struct Attributes {  // as sched_getattr(2) has them
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t niceness;
  std::uint32_t priority;
  std::uint64_t runtime_ns;
  std::uint64_t deadline_ns;
  std::uint64_t period_ns;
};

Attributes of_this_thread() {
  Attributes attributes{};
  EXPECT_EQ(::syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0u), 0);
  return attributes;
}

template <typename Function>
void in_a_thread(Function function) {
  std::thread(function).join();
}

TEST(SchedulingTest, AThreadThatRunsAtOnceHasShortSlicesAndItsThreadsHaveNot) {
  in_a_thread([] {
    const Attributes before = of_this_thread();
    if (before.policy != SCHED_OTHER) GTEST_SKIP() << "the tests run under another policy, which stands";
    run_at_once();
    const Attributes after = of_this_thread();
    EXPECT_EQ(after.policy, std::uint32_t{SCHED_OTHER});
    EXPECT_EQ(after.niceness, before.niceness);
    if (before.runtime_ns == 0) GTEST_SKIP() << "this kernel has no slices of a thread's own";
    EXPECT_LT(after.runtime_ns, before.runtime_ns);
    in_a_thread([&] { EXPECT_EQ(of_this_thread().runtime_ns, before.runtime_ns); });
  });
}

TEST(SchedulingTest, AThreadThatRunsBehindIsNicerByTenAtMostByWhatThereIs) {
  in_a_thread([] {
    const Attributes before = of_this_thread();
    if (before.policy != SCHED_OTHER) GTEST_SKIP() << "the tests run under another policy, which stands";
    run_behind();
    const Attributes after = of_this_thread();
    EXPECT_EQ(after.policy, std::uint32_t{SCHED_BATCH});
    EXPECT_EQ(after.niceness, std::min(before.niceness + 10, 19));
    yield_processor();
    EXPECT_EQ(of_this_thread().niceness, after.niceness);
  });
}

TEST(SchedulingTest, APolicyThatWasChosenStands) {
  in_a_thread([] {
    const sched_param none{};
    ASSERT_EQ(::sched_setscheduler(0, SCHED_IDLE, &none), 0);
    run_at_once();
    EXPECT_EQ(of_this_thread().policy, std::uint32_t{SCHED_IDLE});
    run_behind();
    EXPECT_EQ(of_this_thread().policy, std::uint32_t{SCHED_IDLE});
  });
}

}  // namespace
}  // namespace terrace::io
