#include "io/turn_meter.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstring>

namespace terrace::io {

namespace {

// How old the kernel's numbers about the thread may be.
constexpr std::int64_t kKnownForNs = 1'000'000;

std::int64_t read_ns(clockid_t clock) {
  timespec time;
  ::clock_gettime(clock, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

// Equal literals may have several addresses. Comparing addresses is good enough within a turn, but not in statistics.
bool same(const char* a, const char* b) {
  return a == b || std::strcmp(a, b) == 0;
}

}  // namespace

thread_local TurnMeter* TurnMeter::current_ = nullptr;

std::int64_t TurnMeter::begin(std::int64_t due_us) {
  const std::int64_t now_ns = read_ns(CLOCK_MONOTONIC);
  if (now_ns - known_.asked_ns >= kKnownForNs) measure_wait(now_ns, due_us);
  current_ = this;
  begin_ns_ = marked_ns_ = now_ns;
  share_count_ = 0;
  running_ = "requests";
  return now_ns / 1000;
}

const char* TurnMeter::change_to(const char* name) {
  const std::int64_t now_ns = read_ns(CLOCK_MONOTONIC);
  const auto end = shares_.begin() + static_cast<std::ptrdiff_t>(share_count_);
  auto share = std::find_if(shares_.begin(), end, [this](const Share& each) { return each.name == running_; });
  if (share == end && share_count_ < shares_.size()) {
    *share = {running_, 0};
    ++share_count_;
  } else if (share == end) {
    share = std::prev(end);
  }
  share->ns += now_ns - marked_ns_;
  marked_ns_ = now_ns;
  const char* before = running_;
  running_ = name;
  return before;
}

void TurnMeter::end() {
  change_to("none");
  current_ = nullptr;
  end_ns_ = marked_ns_;
  const std::int64_t busy_us = (end_ns_ - begin_ns_) / 1000;
  ++statistics_.turns;
  if (busy_us >= kLongUs) {
    measure_turn(end_ns_, busy_us);
  } else if (static_cast<std::uint64_t>(busy_us) > statistics_.worst_us) {
    statistics_.worst_us = static_cast<std::uint64_t>(busy_us);
    statistics_.worst_cause = largest().name;
  }
  statistics_.busy_us += static_cast<std::uint64_t>(busy_us);
}

// Between two turns the thread waits, but the kernel also works in it, on what was submitted and what has completed.
void TurnMeter::measure_wait(std::int64_t now_ns, std::int64_t due_us) {
  const Usage usage = ask(now_ns);
  const std::int64_t in_turns_us = usage.busy_us - known_.busy_us;
  const std::int64_t in_kernel_us = std::min(usage.cpu_us - known_.cpu_us - in_turns_us, (now_ns - end_ns_) / 1000);
  if (end_ns_ != 0 && in_kernel_us >= kLongUs) note("kernel", in_kernel_us);
  const std::int64_t late_us = end_ns_ != 0 && due_us > end_ns_ / 1000 ? now_ns / 1000 - due_us : 0;
  if (late_us >= kLongUs) note("woken-late", late_us);
  known_ = usage;
}

void TurnMeter::measure_turn(std::int64_t now_ns, std::int64_t busy_us) {
  const Usage usage = ask(now_ns);
  // At most this: some of it may have been spent before the turn, since the kernel was last asked.
  const std::int64_t on_cpu_us = std::min(usage.cpu_us - known_.cpu_us, busy_us);
  const char* cause = largest().name;
  if (on_cpu_us >= kLongUs && static_cast<std::uint64_t>(on_cpu_us) > statistics_.worst_on_cpu_us) {
    statistics_.worst_on_cpu_us = static_cast<std::uint64_t>(on_cpu_us);
    statistics_.worst_on_cpu_cause = cause;
  }
  if (on_cpu_us < busy_us / 2) cause = usage.preemptions > known_.preemptions ? "preempted" : "blocked";
  known_ = usage;
  known_.busy_us += busy_us;
  if (static_cast<std::uint64_t>(busy_us) > statistics_.worst_us) {
    statistics_.worst_us = static_cast<std::uint64_t>(busy_us);
    statistics_.worst_cause = cause;
  }
  note(cause, busy_us);
}

void TurnMeter::note(const char* cause, std::int64_t duration_us) {
  auto& causes = statistics_.long_turns;
  auto found = std::find_if(causes.begin(), causes.end(),
                            [cause](const TurnStatistics::Cause& each) { return same(each.name, cause); });
  if (found == causes.end()) found = causes.insert(causes.end(), {cause, 0, 0});
  ++found->turns;
  found->worst_us = std::max(found->worst_us, static_cast<std::uint64_t>(duration_us));
  if (observer_) observer_->at_long_turn(cause, duration_us);
}

TurnMeter::Usage TurnMeter::ask(std::int64_t now_ns) const {
  rusage usage{};  // its times lag behind by up to a tick
  ::getrusage(RUSAGE_THREAD, &usage);
  return {now_ns, read_ns(CLOCK_THREAD_CPUTIME_ID) / 1000, usage.ru_nivcsw,
          static_cast<std::int64_t>(statistics_.busy_us)};
}

const TurnMeter::Share& TurnMeter::largest() const {
  return *std::max_element(shares_.begin(), shares_.begin() + static_cast<std::ptrdiff_t>(share_count_),
                           [](const Share& a, const Share& b) { return a.ns < b.ns; });
}

void TurnMeter::reset_worst() {
  const TurnStatistics fresh;
  statistics_.worst_us = fresh.worst_us;
  statistics_.worst_cause = fresh.worst_cause;
  statistics_.worst_on_cpu_us = fresh.worst_on_cpu_us;
  statistics_.worst_on_cpu_cause = fresh.worst_on_cpu_cause;
  statistics_.long_turns.clear();
}

}  // namespace terrace::io
