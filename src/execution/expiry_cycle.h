// ExpiryCycle: removes expired keys without a command that looks them up: hot keys `hz` times a second, in slices of at
// most a millisecond, by walking the index; cold keys as the store finds them. In cache mode it also removes the keys
// for which the disk quota has no room.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/task.h"
#include "src/config/settings.h"
#include "src/execution/dispatcher.h"
#include "src/execution/key_remover.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "storage/keyspace/database.h"
#include "storage/tiering/cold_key_scanner.h"

namespace terrace {

class ExpiryCycle {
 public:
  ExpiryCycle(io::Clock& clock, Store& store, Dispatcher& dispatcher, ServerStatistics& statistics,
              const Settings& settings)
      : clock_(clock),
        store_(store),
        dispatcher_(dispatcher),
        statistics_(statistics),
        settings_(settings),
        hot_(dispatcher, clock),
        cold_(dispatcher, clock) {}

  // Each runs until stop() is called, and ends at most a tenth of a second later.
  io::Task<> run_hot();
  io::Task<> run_cold();
  void set_active(bool active) { active_ = active; }  // DEBUG SET-ACTIVE-EXPIRE
  // No further removal begins; one under way ends soon. The store must not be closed while busy().
  void stop() { stopped_ = true; }
  bool busy() const { return busy_ > 0; }

 private:
  bool may_remove() const;
  std::int64_t hot_period_us() const;
  io::Task<> expire_hot();
  // Takes one step of the walk through all databases, unless keys of the last step are left.
  void find_hot();
  io::Task<> remove_hot();
  void note_time_left();
  io::Task<> expire_cold();
  io::Task<> evict();
  // Removes some keys of one database.
  using Remove = std::function<io::Task<>(unsigned database, std::span<const std::string> names)>;
  io::Task<> remove_named(const storage::NamedKeys& keys, const Remove& remove);

  io::Clock& clock_;
  Store& store_;
  Dispatcher& dispatcher_;
  ServerStatistics& statistics_;
  const Settings& settings_;
  KeyRemover hot_;
  KeyRemover cold_;
  bool active_ = true;
  bool stopped_ = false;
  unsigned busy_ = 0;
  // The state of the walk.
  unsigned database_ = 0;
  std::uint32_t cursor_ = 0;
  storage::Database::TimeLeft left_;  // of the database being walked
  unsigned databases_done_ = 0;
  std::vector<std::string> keys_;
  std::vector<std::string> hashes_;  // of which fields have expired
};

}  // namespace terrace
