// TurnMeter: how long the reactor's turns take, and why. A turn's time is charged to what runs: to the phases of the
// loop, and to the Activity (activity.h) that the code names. The cause of a long turn is what took most of it, or
// "preempted" or "blocked" when the thread had no processor for most of it.
// Ownership: the Reactor's; names are literals.
// Thread: the reactor's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrace::io {

// The duration of a turn is the time from the kernel's return to the next call of the kernel's wait.
struct TurnStatistics {
  struct Cause {
    const char* name;
    std::uint64_t turns;
    std::uint64_t worst_us;
  };

  std::uint64_t turns = 0;
  std::uint64_t busy_us = 0;
  // Since the last reset.
  std::uint64_t worst_us = 0;
  const char* worst_cause = "none";
  std::uint64_t worst_on_cpu_us = 0;  // of long turns, without the time that other threads took
  const char* worst_on_cpu_cause = "none";
  std::vector<Cause> long_turns;  // those of TurnMeter::kLongUs or more
};

// Called for each long turn, during the turn after it. Must not block.
class TurnObserver {
 public:
  virtual void at_long_turn(const char* cause, std::int64_t duration_us) = 0;

 protected:
  ~TurnObserver() = default;
};

class TurnMeter {
 public:
  // Shorter turns are not worth a question to the kernel, nor an event.
  static constexpr std::int64_t kLongUs = 1000;

  // The meter whose turn is running on this thread; null outside turns.
  static TurnMeter* current() { return current_; }

  // Returns the time in microseconds. `due_us`: when the kernel was asked to wake the thread, if it was.
  std::int64_t begin(std::int64_t due_us);
  // Charges the time since the last call to what ran; from now on `name` runs. Returns the name of what ran.
  const char* change_to(const char* name);
  void end();

  const TurnStatistics& statistics() const { return statistics_; }
  void reset_worst();
  void observe(TurnObserver* observer) { observer_ = observer; }

 private:
  struct Share {
    const char* name;
    std::int64_t ns;
  };
  // What the kernel knows of the thread. It takes two system calls, so the kernel is asked now and then, and at the end
  // of a long turn; the values in between are known only as the difference of two answers.
  struct Usage {
    std::int64_t asked_ns = 0;
    std::int64_t cpu_us = 0;
    std::int64_t preemptions = 0;
    std::int64_t busy_us = 0;  // statistics_.busy_us then
  };

  Usage ask(std::int64_t now_ns) const;
  void measure_wait(std::int64_t now_ns, std::int64_t due_us);
  void measure_turn(std::int64_t now_ns, std::int64_t busy_us);
  void note(const char* cause, std::int64_t duration_us);
  const Share& largest() const;

  static thread_local TurnMeter* current_;

  std::array<Share, 16> shares_{};  // further kinds in one turn share the last place
  std::size_t share_count_ = 0;
  const char* running_ = "none";
  std::int64_t begin_ns_ = 0;
  std::int64_t marked_ns_ = 0;
  std::int64_t end_ns_ = 0;
  Usage known_;
  TurnStatistics statistics_;
  TurnObserver* observer_ = nullptr;
};

}  // namespace terrace::io
