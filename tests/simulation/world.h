// World: the simulation's event loop: a queue of events by simulated time, ties broken by the seed. Everything that
// resumes a coroutine is an event, so one seed gives one course of things.
// A power cut drops all events: what waited for them never runs again. Whoever owned it leaks it on purpose, because
// the store's own parts assert an orderly end; a driver therefore runs each seed in a process of its own.
// Ownership: owns the queue, not what events point to. Thread: one.
#pragma once

#include <coroutine>
#include <cstdint>
#include <vector>

#include "tests/simulation/random.h"

namespace terrace::simulation {

class World {
 public:
  using Function = void (*)(void* object);

  explicit World(std::uint64_t seed) : random_(mix(seed ^ 0x57524C44)) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  std::int64_t now_us() const { return now_us_; }
  Random& random() { return random_; }

  // Calls function(object) after `delay_us`; events of one time run in random order.
  void after(std::int64_t delay_us, Function function, void* object) {
    push({now_us_ + delay_us, random_.next() >> 1, function, object});
  }
  // At `time_us`, in order of call among events of one time and after those of after().
  void at(std::int64_t time_us, std::coroutine_handle<> handle) {
    push({time_us < now_us_ ? now_us_ : time_us, kOrdered | ++ordered_, resume, handle.address()});
  }

  // Runs the next event; false if there is none.
  bool step();
  // A power cut.
  void drop_events() { queue_.clear(); }
  std::size_t pending() const { return queue_.size(); }
  std::uint64_t steps() const { return steps_; }

  // What happened so far, as one number: equal for equal courses.
  void trace(std::uint64_t what) { trace_ = mix(trace_ ^ what); }
  std::uint64_t trace_hash() const { return trace_; }

 private:
  struct Event {
    std::int64_t time_us;
    std::uint64_t tie;
    Function function;
    void* object;
  };
  static constexpr std::uint64_t kOrdered = std::uint64_t{1} << 63;

  static void resume(void* address) { std::coroutine_handle<>::from_address(address).resume(); }
  static bool later(const Event& a, const Event& b) {
    return a.time_us != b.time_us ? a.time_us > b.time_us : a.tie > b.tie;
  }
  void push(const Event& event);

  Random random_;
  std::int64_t now_us_ = 0;
  std::uint64_t ordered_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t trace_ = 0;
  std::vector<Event> queue_;  // a heap, the next event in front
};

}  // namespace terrace::simulation
