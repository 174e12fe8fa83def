// TurnMeter: how long the reactor's turns are and what made them so. A turn's time is charged to what runs: to phases
// of the loop, and to the Activity (activity.h) that somebody has marked. The cause of a long turn is what took most of
// it, or "preempted" or "blocked" when the thread had no processor for most of it. Ownership: the Reactor's; names are
// literals. Thread: the reactor's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace terrace::io {

// What the turns cost: the time from the kernel's return to the next entry.
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
  std::uint64_t worst_on_cpu_us = 0;  // of long turns, less what other threads took of them
  const char* worst_on_cpu_cause = "none";
  std::vector<Cause> long_turns;  // those of TurnMeter::kLongUs or more
};

// Hears of each long turn, within the turn after it. Must not block.
class TurnObserver {
 public:
  virtual void at_long_turn(const char* cause, std::int64_t duration_us) = 0;

 protected:
  ~TurnObserver() = default;
};

class TurnMeter {
 public:
  // Shorter ones are not worth a question to the kernel, nor an event.
  static constexpr std::int64_t kLongUs = 1000;

  // The one whose turn is under way on this thread; null outside turns.
  static TurnMeter* current() { return current_; }

  // The time, in microseconds. `due_us`: when the kernel was asked to wake the thread, if it was.
  std::int64_t begin(std::int64_t due_us);
  // Charges what has passed to what ran; what runs next is `name`. Returns what ran.
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
  // What the kernel says of the thread. Two system calls, so it is asked once in a
  // while and at the end of a long turn; what lies between is known to that while.
  struct Usage {
    std::int64_t asked_ns = 0;
    std::int64_t cpu_us = 0;
    std::int64_t preemptions = 0;
    std::int64_t busy_us = 0;  // statistics_.busy_us then
  };

  Usage ask(std::int64_t now_ns) const;
  void look_at_wait(std::int64_t now_ns, std::int64_t due_us);
  void look_at_turn(std::int64_t now_ns, std::int64_t busy_us);
  void note(const char* cause, std::int64_t duration_us);
  const Share& largest() const;

  static thread_local TurnMeter* current_;

  std::array<Share, 16> shares_{};  // more kinds in one turn share the last place
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
