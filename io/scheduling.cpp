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

// The shortest that the kernel takes.
constexpr std::uint64_t kShortSliceNs = 100'000;
// Longer, so that the short ones go first; still short, since stepping aside gives up the rest of one.
constexpr std::uint64_t kBehindSliceNs = 200'000;
// Each stepping aside costs up to a slice: taken every 100 us, compaction beside two busy threads a processor took four
// times as long.
constexpr std::chrono::microseconds kStep{400};
// Half the reactor's share of a processor would already double its answers' time while a checkpoint packs pages; this
// is a tenth of it.
constexpr int kNiceness = 10;
constexpr int kMostNiceness = 19;

// As the kernel has it, in its first version. The C library does not know it, and linux/sched/types.h cannot be
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

// Beside the niceness that the process was started with; where it was given another policy, that stands.
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
  using Clock = std::chrono::steady_clock;
  thread_local Clock::time_point last;
  if (Clock::now() - last < kStep) return;
  ::sched_yield();
  last = Clock::now();
}

void run_behind() {
  ask(SCHED_BATCH, kNiceness, kBehindSliceNs);
}

}  // namespace terrace::io
