// Store: the engine of this server's data directory and whether it may be used: it is replaced as a whole when the
// store is closed and recovered while the server runs (DEBUG RELOAD), and until it is open clients are told to wait. The
// ledger is the same for all lives of the engine: clients charge it, too.
// Ownership: owns the Engine and its Disk, whose lock on the directory ends with it, and the Ledger; borrows the rest of
// the environment. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "storage/engine.h"

namespace terrace {

class Store {
 public:
  // Opens the data directory; called again for each life of the engine.
  using OpenDisk = std::function<Result<std::unique_ptr<io::Disk>>()>;

  // `seed`: of what the engine leaves to chance.
  Store(OpenDisk open_disk, std::unique_ptr<io::Disk> disk, io::Clock& clock, io::Workers& workers, std::uint64_t seed,
        const storage::Options& options);
  ~Store();

  storage::Ledger& ledger() { return ledger_; }
  const storage::Ledger& ledger() const { return ledger_; }
  storage::Engine& engine() { return *engine_; }
  const storage::Engine& engine() const { return *engine_; }
  bool loading() const { return loading_; }

  io::Task<Result<void>> open(storage::LogApplier& applier);
  io::Task<Result<void>> close(bool checkpoint);
  // Closes without a checkpoint and recovers. No command may be under way but the caller's.
  io::Task<Result<void>> reload(storage::LogApplier& applier, bool checkpoint);
  void reconfigure(const storage::Options& options);

 private:
  void make_engine();

  OpenDisk open_disk_;
  std::unique_ptr<io::Disk> disk_;
  io::Clock& clock_;
  io::Workers& workers_;
  std::uint64_t seed_;  // of the next life of the engine
  storage::Options options_;
  storage::Ledger ledger_;
  std::unique_ptr<storage::Engine> engine_;
  bool loading_ = true;
  bool open_ = false;
};

}  // namespace terrace
