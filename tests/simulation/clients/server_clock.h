// ServerClock: the simulated clock for a server that measures itself in nanoseconds: while the world's time stands still
// a command may take long all the same, so that batches and transactions end their slice at any place. Timers are late then:
// a unit that has suspended stays open while other clients, the disk and checkpoints do their work.
// Ownership: refers to the World. Thread: the simulation's.
#pragma once

#include "tests/simulation/simulated_clock.h"

namespace terrace::simulation {

class ServerClock final : public SimulatedClock {
 public:
  explicit ServerClock(World& world) : SimulatedClock(world), world_(world) {}

  // One call in so many finds that much time gone; 0: none.
  void set_slowness(std::uint64_t calls) { calls_ = calls; }

  void submit(io::Timer& timer) override { world_.at(timer.deadline_us + lateness_us(), timer.waiter); }

  std::uint64_t monotonic_ns() const override {
    if (calls_ > 0 && world_.random().below(calls_) == 0) skipped_ns_ += kSkippedNs;
    return static_cast<std::uint64_t>(world_.now_us()) * 1000 + skipped_ns_;
  }

 private:
  static constexpr std::uint64_t kSkippedNs = 2'000'000;
  static constexpr std::uint64_t kLongestLatenessUs = 20'000;

  std::int64_t lateness_us() {
    return calls_ > 0 ? static_cast<std::int64_t>(world_.random().skewed(kLongestLatenessUs)) : 0;
  }

  World& world_;
  std::uint64_t calls_ = 0;
  mutable std::uint64_t skipped_ns_ = 0;
};

}  // namespace terrace::simulation
