// SimulatedWorkers: runs each item on the one thread, some time after it was given and some time before its waiter goes
// on, so that work and reactor interleave as they would on two threads. Ownership: refers to the World.
// Thread: the simulation's.
#pragma once

#include "io/workers.h"
#include "tests/simulation/world.h"

namespace terrace::simulation {

class SimulatedWorkers : public io::Workers {
 public:
  explicit SimulatedWorkers(World& world) : world_(world) {}

  void submit(io::WorkItem& item) override {
    world_.after(static_cast<std::int64_t>(world_.random().skewed(kLongestWaitUs)), run, new Job{&world_, &item});
  }

 private:
  static constexpr std::uint64_t kLongestWaitUs = 2000;

  struct Job {
    World* world;
    io::WorkItem* item;
  };

  static void run(void* object) {
    auto* job = static_cast<Job*>(object);
    job->item->function(job->item->argument);
    job->world->after(static_cast<std::int64_t>(job->world->random().skewed(kLongestWaitUs)), finish, job->item);
    delete job;
  }
  static void finish(void* object) { static_cast<io::WorkItem*>(object)->waiter.resume(); }

  World& world_;
};

}  // namespace terrace::simulation
