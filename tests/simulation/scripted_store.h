// ScriptedStore: one life of a store on simulated media, driven step by step; each call runs the world until it is
// done. For sweeps, which run one short script over and over with something else going wrong each time.
// What the store says is compared with an Oracle that outlives it; a broken promise ends the process (failure.h).
// Ownership: refers to Site's parts; the store itself is leaked by kill(). Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/engine.h"
#include "tests/simulation/failure.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/replayer.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulated_workers.h"

namespace terrace::simulation {

// The keys that scripts use, and their values: of half of the keys such as a dictionary makes smaller, of the others
// noise; some expire, long after.
std::string scripted_key(unsigned number);
Effect scripted_set(unsigned number, std::size_t size, unsigned version);

class ScriptedStore {
 public:
  struct Site {
    World& world;
    Media& media;
    SimulatedClock& clock;
    Oracle& oracle;
    std::uint64_t life = 1;
    storage::FsyncPolicy fsync_policy = storage::FsyncPolicy::kAlways;
  };

  explicit ScriptedStore(const Site& site);
  ~ScriptedStore();
  ScriptedStore(const ScriptedStore&) = delete;
  ScriptedStore& operator=(const ScriptedStore&) = delete;

  SimulatedDisk& disk() { return *disk_; }
  storage::Engine& engine() { return *engine_; }
  // What the store said with LogLevel::kWarning.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // After an error there is nothing to close.
  Result<void> open();
  // Makes one change and waits until a client would be answered, or until the store refuses writes.
  Result<void> write(const Effect& effect);
  Result<std::optional<Value>> read(const std::string& key);
  Result<Model> read_everything();
  Result<void> spill_all() { return block_on(engine_->spill_all()); }
  Result<void> checkpoint() { return block_on(engine_->checkpoint()); }
  Result<void> compact() { return block_on(engine_->compact()); }
  void wait_for_room();
  // Tells the oracle what is promised by it.
  Result<void> close(bool with_checkpoint);
  // The process ends here and now; the oracle learns how far the store had promised durability.
  void kill();

 private:
  template <typename T>
  T block_on(io::Task<T> task) {
    std::optional<T> result;
    io::spawn(finish(std::move(task), result));
    const std::int64_t latest_us = site_.world.now_us() + kPatienceUs;
    while (!result) {
      if (!site_.world.step()) fail("nothing is left to happen, yet something is waited for");
      if (site_.world.now_us() > latest_us) fail("the store is stuck");
    }
    return std::move(*result);
  }
  template <typename T>
  static io::Task<void> finish(io::Task<T> task, std::optional<T>& result) {
    T value = co_await task;
    result.emplace(std::move(value));
  }
  io::Task<Result<void>> write_task(const Effect& effect);
  io::Task<Result<std::optional<Value>>> read_task(const std::string& key);

  static constexpr std::int64_t kPatienceUs = 600'000'000;

  Site site_;
  std::unique_ptr<SimulatedDisk> disk_;
  std::unique_ptr<SimulatedWorkers> workers_;
  std::unique_ptr<io::Environment> environment_;
  std::unique_ptr<Replayer> replayer_;
  std::unique_ptr<storage::Ledger> ledger_;
  std::unique_ptr<storage::Engine> engine_;
  std::vector<std::string> warnings_;
  std::uint64_t entries_ = 0;
  bool open_ = false;
};

}  // namespace terrace::simulation
