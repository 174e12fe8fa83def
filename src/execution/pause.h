// Pause: CLIENT PAUSE: all commands, or only those that may write, wait until a point in time.
// Ownership: owned by Dispatcher. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "io/clock.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace {

class Pause {
 public:
  explicit Pause(io::Clock& clock) : clock_(clock) {}

  // As in Redis, a second pause neither shortens the first one nor restricts it to writes.
  void begin(std::int64_t duration_ms, bool all) {
    bool on = active();
    const std::int64_t now_ms = clock_.wall_ms();
    const std::int64_t end = now_ms + std::min(duration_ms, io::kNever - now_ms - 1);
    end_ms_ = on ? std::max(end_ms_, end) : end;
    all_ = all || (on && all_);
    io::spawn(end_when_due(end_ms_));
  }
  void end() {
    end_ms_ = 0;
    ended_.notify();
  }
  bool active() const { return end_ms_ != 0 && clock_.wall_ms() < end_ms_; }
  bool holds(bool writes) const { return end_ms_ != 0 && (all_ || writes) && active(); }
  io::Event& ended() { return ended_; }
  std::uint64_t waiting = 0;
  // A timer is still running; it ends soon after the pause.
  bool busy() const { return !tasks_.idle(); }

 private:
  static constexpr std::int64_t kMaxSleepMs = 100;

  io::Task<> end_when_due(std::int64_t due_ms) {
    const io::Gate::Holder holder = tasks_.hold();
    while (due_ms == end_ms_ && clock_.wall_ms() <= due_ms) {
      co_await clock_.sleep_ms(std::clamp<std::int64_t>(due_ms - clock_.wall_ms() + 1, 1, kMaxSleepMs));
    }
    if (due_ms == end_ms_) end();
  }

  io::Clock& clock_;
  std::int64_t end_ms_ = 0;
  bool all_ = false;
  io::Event ended_;
  io::Gate tasks_;
};

}  // namespace terrace
