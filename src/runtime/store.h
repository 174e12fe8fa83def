// Store: the engine on this server's data directory, and whether it is open. DEBUG RELOAD replaces the engine while the
// server runs. Until the engine is open, clients get the error LOADING. All engines use the same ledger, which clients
// charge, too.
// Ownership: owns the Engine, its Disk, which locks the directory, and the Ledger; borrows the rest of the environment.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "storage/engine.h"
#include "storage/memory/memory_queue.h"

namespace terrace {

class Store {
 public:
  // Opens the data directory; called for each engine.
  using OpenDisk = std::function<Result<std::unique_ptr<io::Disk>>()>;

  // `seed`: of the engine's random numbers.
  Store(OpenDisk open_disk, std::unique_ptr<io::Disk> disk, io::Clock& clock, io::Workers& workers, std::uint64_t seed,
        const storage::Options& options);
  ~Store();

  storage::Ledger& ledger() { return ledger_; }
  const storage::Ledger& ledger() const { return ledger_; }
  storage::MemoryQueue& memory_queue() { return memory_queue_; }
  const storage::MemoryQueue& memory_queue() const { return memory_queue_; }
  // Memory is short: connections read little at a time.
  bool reads_sparingly() const { return memory_queue_.room() == 0 || ledger_.clients_exceeded(); }
  storage::Engine& engine() { return *engine_; }
  const storage::Engine& engine() const { return *engine_; }
  bool loading() const { return loading_; }
  // How many keys the engine had when it was opened.
  std::uint64_t keys_loaded() const { return keys_loaded_; }

  io::Task<Result<void>> open(storage::LogApplier& applier);
  io::Task<Result<void>> close(bool checkpoint);
  // Closes the engine and opens a new one. Only the caller's command may be running. `checkpoint`: writes a checkpoint
  // first.
  io::Task<Result<void>> reload(storage::LogApplier& applier, bool checkpoint);
  void reconfigure(const storage::Options& options);
  // storage::Options::open_segment_files; reconfigure() keeps it.
  void set_open_segment_files(std::size_t files);

 private:
  void make_engine();

  OpenDisk open_disk_;
  std::unique_ptr<io::Disk> disk_;
  io::Clock& clock_;
  io::Workers& workers_;
  std::uint64_t seed_;  // of the next engine
  storage::Options options_;
  storage::Ledger ledger_;
  storage::MemoryQueue memory_queue_{ledger_, clock_};
  std::unique_ptr<storage::Engine> engine_;
  std::uint64_t keys_loaded_ = 0;
  bool loading_ = true;
  bool open_ = false;
};

}  // namespace terrace
