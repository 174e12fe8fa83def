// Slice: bounds how long background work runs before it lets others run: `Slice slice(clock); while (…) { …; if
// (slice.over()) co_await slice.next(); }`. All background work together gets about one slice a turn, first come, first
// served (Clock::yield), so a turn does not grow with the number of coroutines at work.
// Ownership: a local variable of the working coroutine.
// Thread: the clock's.
#pragma once

#include "io/clock.h"

namespace terrace::io {

class Slice {
 public:
  // As long as a few system calls: a turn's own cost is small beside it, and it is small beside what a client waits
  // anyway.
  static constexpr std::int64_t kDurationUs = 100;

  explicit Slice(Clock& clock) : clock_(clock) { begin(); }
  void begin() { end_us_ = clock_.monotonic_us() + kDurationUs; }
  bool over() const { return clock_.is_over(end_us_); }

  // Lets others run; the next slice begins when its owner is resumed.
  class Awaiter {
   public:
    explicit Awaiter(Slice& slice) : slice_(slice), yield_(slice.clock_) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { yield_.await_suspend(handle); }
    void await_resume() const { slice_.begin(); }

   private:
    Slice& slice_;
    Clock::YieldAwaiter yield_;
  };
  Awaiter next() { return Awaiter(*this); }

 private:
  Clock& clock_;
  std::int64_t end_us_ = 0;
};

}  // namespace terrace::io
