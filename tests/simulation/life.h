// Life: one process's time with the store, from opening to an orderly end, a kill or a power cut.
//
// What is asked of the store: on a good disk nothing fails and nobody is stuck. In a storm (faults) calls may fail, but
// what they answer is right. Where bytes rotted, a read gives the right value or an error, and an opening refuses or
// gives back all that was promised; rot is put only where the store can know (segments, the files of a checkpoint, log
// frames behind which many others were synced), and is taken back before the state is compared. Sectors that vanish at
// once after a failed sync are rot, too, as long as that life lasts.
// After an orderly end or a failed opening nothing of the store is left running.
// Ownership: owns the engine and its environment; a killed Life is leaked with them, since coroutines wait for ever.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "storage/engine.h"
#include "tests/simulation/media.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/replayer.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulated_workers.h"
#include "tests/simulation/workload.h"

namespace terrace::simulation {

class Life {
 public:
  struct Setting {
    World& world;
    SimulatedClock& clock;
    Media& media;
    Oracle& oracle;
    const Keyspace& keyspace;
    const Profile& profile;
    std::uint64_t number;
    bool verbose;
  };

  explicit Life(const Setting& setting);
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  enum class End : std::uint8_t { kDone, kCut, kFailed };

  // Opens the store; kCut if `steps` events were not enough (the caller then kills this Life). kFailed: the store
  // refused, with `error()`; it is gone.
  End open(std::optional<std::uint64_t> steps, bool storm);
  // Reads everything and gives it to the oracle.
  End verify(std::optional<std::uint64_t> steps);
  // Runs the workload to its end, or until `steps` events have passed.
  End work(std::optional<std::uint64_t> steps);
  End close(bool checkpoint, std::optional<std::uint64_t> steps);
  // The process ends here and now: tells the oracle what was promised. Nothing of this Life may be used afterwards.
  void kill();

  const Error& error() const { return error_; }
  bool stormy() const { return weather_.storms > 0; }
  const WorkloadCounts& counts() const { return workload_->counts(); }
  bool worked() const { return workload_ != nullptr; }
  const SimulatedDisk::Counts& disk_counts() const { return disk_.counts(); }
  const SimulatedDisk& disk() const { return disk_; }
  std::uint64_t replayed() const { return replayer_.entries(); }
  // As the store last gave them before it ended.
  const storage::Statistics& last_statistics() const { return last_statistics_; }

 private:
  storage::Options make_options();
  io::Task<void> open_task();
  io::Task<void> verify_task();
  io::Task<void> close_task(bool checkpoint);
  template <typename Done>
  bool run_until(Done done, std::optional<std::uint64_t> steps);
  void turn();
  void change_weather();
  void begin_storm();
  void end_storm();
  void let_rot();
  void destroy_engine();
  void trace(const std::string& words) const;

  World& world_;
  Media& media_;
  Oracle& oracle_;
  const Keyspace& keyspace_;
  const Profile& profile_;
  std::uint64_t number_;
  bool verbose_;
  Random random_;
  SimulatedClock& clock_;
  SimulatedDisk disk_;
  SimulatedWorkers workers_;
  io::Environment environment_;
  Replayer replayer_;
  storage::Engine* engine_ = nullptr;  // not a unique_ptr: it may have to be leaked
  storage::Ledger* ledger_ = nullptr;  // with it
  std::unique_ptr<Workload> workload_;
  Weather weather_;
  std::uint64_t dropped_before_ = 0;
  std::int64_t next_weather_us_ = 0;
  std::uint64_t turn_left_ = 0;
  bool done_ = false;
  bool open_ = false;
  bool verified_ = false;
  bool failed_ = false;
  Error error_;
  storage::Statistics last_statistics_;
};

}  // namespace terrace::simulation
