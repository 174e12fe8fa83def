#include "io/scheduling.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace terrace::io {

namespace {

// The shortest slice that the kernel accepts.
constexpr std::uint64_t kShortSliceNs = 100'000;
// Longer than the reactor's, so that the reactor goes first; still short, because yielding gives up the rest of a
// slice.
constexpr std::uint64_t kBehindSliceNs = 200'000;
// Each yield costs up to a slice. Yielding every 100 us, compaction took four times as long beside two busy threads a
// processor.
constexpr std::chrono::microseconds kStep{400};
// With half the reactor's share of a processor, the reactor's latency would double while a checkpoint packs pages; this
// is a tenth of the share.
constexpr int kNiceness = 10;
constexpr int kMostNiceness = 19;

// As the kernel defines it, in its first version. The C library does not know it, and linux/sched/types.h cannot be
// included beside sched.h.
struct SchedulingAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t niceness;
  std::uint32_t priority;
  std::uint64_t runtime_ns;  // the slice
  std::uint64_t deadline_ns;
  std::uint64_t period_ns;
};
static_assert(sizeof(SchedulingAttributes) == 48);

// Added to the niceness that the process was started with. If it was given another policy, that policy stays.
void ask(std::uint32_t policy, int more_niceness, std::uint64_t slice_ns) {
  if ((::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) != SCHED_OTHER) return;
  SchedulingAttributes attributes{};
  attributes.size = sizeof attributes;
  attributes.policy = policy;
  attributes.flags = SCHED_FLAG_RESET_ON_FORK;
  attributes.niceness = std::min(::getpriority(PRIO_PROCESS, 0) + more_niceness, kMostNiceness);
  attributes.runtime_ns = slice_ns;
  static_cast<void>(::syscall(SYS_sched_setattr, 0, &attributes, 0u));
}

}  // namespace

void run_at_once() {
  ask(SCHED_OTHER, 0, kShortSliceNs);
}

void yield_processor() {
  using SteadyClock = std::chrono::steady_clock;
  thread_local SteadyClock::time_point last;
  if (SteadyClock::now() - last < kStep) return;
  ::sched_yield();
  last = SteadyClock::now();
}

void run_behind() {
  ask(SCHED_BATCH, kNiceness, kBehindSliceNs);
}

}  // namespace terrace::io
