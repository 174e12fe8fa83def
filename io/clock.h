// Clock: time and timers, as an interface, so that a simulation can control both.
// Thread: the reactor's (or the simulation's).
#pragma once

#include <coroutine>
#include <cstdint>

namespace terrace::io {

// A deadline that does not come.
inline constexpr std::int64_t kNever = INT64_MAX;
// kNever also for a deadline beyond the clock's range. `timeout_ms`: 0 for none.
inline std::int64_t deadline_us(std::int64_t now_us, std::int64_t timeout_ms) {
  return timeout_ms > 0 && timeout_ms < (kNever - now_us) / 1000 ? now_us + timeout_ms * 1000 : kNever;
}

struct Timer {
  std::int64_t deadline_us = 0;  // monotonic
  std::coroutine_handle<> waiter;
};

class Clock {
 public:
  virtual ~Clock() = default;

  virtual std::int64_t wall_ms() const = 0;       // since the Unix epoch; may jump
  virtual std::int64_t monotonic_us() const = 0;  // never goes back
  // The same in ns, to measure what a command takes.
  virtual std::uint64_t monotonic_ns() const { return static_cast<std::uint64_t>(monotonic_us()) * 1000; }

  // Resumes timer.waiter once the deadline has passed, never from within this call. Equal deadlines: in order of call.
  virtual void submit(Timer& timer) = 0;

  // Whether work that may hold the thread until `end_us` has to let others run. A simulation, in which no time passes
  // while a coroutine runs, decides at random.
  virtual bool is_over(std::int64_t end_us) const { return monotonic_us() >= end_us; }
  // Resumes `waiter` when everything else that is ready has run, never from within this call.
  virtual void submit_yield(std::coroutine_handle<> waiter) {
    Timer timer{.deadline_us = monotonic_us(), .waiter = waiter};
    submit(timer);
  }

  class SleepAwaiter {
   public:
    SleepAwaiter(Clock& clock, std::int64_t duration_us) : clock_(clock) {
      timer_.deadline_us = clock.monotonic_us() + duration_us;
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      timer_.waiter = handle;
      clock_.submit(timer_);
    }
    void await_resume() const noexcept {}

   private:
    Clock& clock_;
    Timer timer_;
  };

  SleepAwaiter sleep_us(std::int64_t duration_us) { return {*this, duration_us}; }
  SleepAwaiter sleep_ms(std::int64_t duration_ms) { return {*this, duration_ms * 1000}; }
  class YieldAwaiter {
   public:
    explicit YieldAwaiter(Clock& clock) : clock_(clock) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) const { clock_.submit_yield(handle); }
    void await_resume() const noexcept {}

   private:
    Clock& clock_;
  };

  // Lets everything else that is ready run first. Long work does this before and between its slices (slice.h).
  YieldAwaiter yield() { return YieldAwaiter(*this); }
};

}  // namespace terrace::io
