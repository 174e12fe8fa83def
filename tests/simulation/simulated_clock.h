// SimulatedClock: the World's time. Ownership: refers to the World. Thread: the simulation's.
#pragma once

#include "io/clock.h"
#include "tests/simulation/world.h"

namespace terrace::simulation {

class SimulatedClock : public io::Clock {
 public:
  static constexpr std::int64_t kEpochMs = 1'750'000'000'000;

  explicit SimulatedClock(World& world) : world_(world) {}

  std::int64_t wall_ms() const override { return kEpochMs + jump_ms_ + world_.now_us() / 1000; }
  std::int64_t monotonic_us() const override { return world_.now_us(); }
  void submit(io::Timer& timer) override { world_.at(timer.deadline_us, timer.waiter); }

  // Slices end at any place, and others run for a while: what works in slices is seen half done.
  bool is_over(std::int64_t) const override { return world_.random().below(kStepsPerSlice) == 0; }
  void submit_yield(std::coroutine_handle<> waiter) override {
    world_.at(world_.now_us() + static_cast<std::int64_t>(world_.random().below(kLongestWaitUs + 1)), waiter);
  }

  // The wall clock is set forward.
  void jump_ms(std::int64_t jump_ms) { jump_ms_ += jump_ms; }

 private:
  static constexpr std::uint64_t kStepsPerSlice = 8;
  static constexpr std::uint64_t kLongestWaitUs = 100;

  World& world_;
  std::int64_t jump_ms_ = 0;
};

}  // namespace terrace::simulation
