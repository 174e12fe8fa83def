// Workload: what a server and its clients would do to one open store: clients that read, write, scan and wait for their
// acknowledgements, and an operator that spills, compacts, checkpoints and reconfigures. Every read is compared with
// the oracle's model at once; every wait is timed, since a good disk must not hold anybody up. Ownership: refers to all
// it is given; its coroutines refer to it. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <vector>

#include "io/fiber.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/engine.h"
#include "tests/simulation/keyspace.h"
#include "tests/simulation/open_unit.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/profile.h"
#include "tests/simulation/scan_check.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/store_access.h"
#include "tests/simulation/world.h"

namespace terrace::simulation {

// How the disk is doing, as the one who judges an error needs to know it.
struct Weather {
  bool storm = false;              // faults strike now
  std::uint64_t storms = 0;        // begun in this life
  std::int64_t last_storm_us = 0;  // when it ended
  bool rot = false;                // some page may be bad

  // What failed in a storm may come to light a little later: a shared read, a worker's result.
  static constexpr std::int64_t kAftermathUs = 50'000;
  bool fair(std::int64_t now_us) const { return !storm && (storms == 0 || now_us - last_storm_us > kAftermathUs); }
  // What begins in a storm, or soon after, may be hurt by it, however late it ends: that storm is not counted.
  std::uint64_t storms_over(std::int64_t now_us) const { return fair(now_us) ? storms : storms - 1; }
  bool fair_since(std::uint64_t storms_before, std::int64_t now_us) const {
    return storms == storms_before && fair(now_us);
  }
};

struct WorkloadCounts {
  std::uint64_t operations = 0;
  std::uint64_t reads = 0;
  std::uint64_t cold_reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t units = 0;   // of several turns
  std::uint64_t fibers = 0;  // of them, those that ran on a stack of their own
  std::uint64_t refused = 0;
  std::uint64_t failed = 0;  // by an error that the weather excuses
  std::uint64_t scans = 0;
  std::uint64_t maintenance = 0;
};

class Workload {
 public:
  struct Site {
    World& world;
    SimulatedClock& clock;
    storage::Engine& engine;
    Oracle& oracle;
    const Weather& weather;
    const Keyspace& keyspace;
    const Profile& profile;
    std::uint64_t life;
    std::function<void(const std::string&)> say;  // for --verbose; may be empty
  };

  explicit Workload(const Site& site);
  Workload(const Workload&) = delete;
  Workload& operator=(const Workload&) = delete;

  void start();
  // Everybody ends after the operation under way.
  void stop() { stopping_ = true; }
  bool over() const { return gate_.idle(); }
  // True once for each turn in which something was appended: Engine::commit() is due.
  bool take_appended() { return std::exchange(appended_, false); }
  // Ends the process if somebody has waited absurdly long on a good disk.
  void check_progress() const;
  // Ends it, too, if what the store calls durable or lets go of is half of a unit.
  void check_positions() const;
  const WorkloadCounts& counts() const { return counts_; }

 private:
  struct Client {
    unsigned number = 0;
    std::vector<std::uint64_t> unacknowledged{};
    std::int64_t busy_since_us = -1;
    const char* doing = "";
  };

  io::Task<void> run_client(Client& client);
  io::Task<void> run_operator();
  io::Task<void> one_operation(Client& client);

  io::Task<void> read(Client& client);
  io::Task<void> write(Client& client);
  io::Task<void> write_unit(Client& client);
  io::Task<void> one_unit_step();
  void change_in_unit(std::vector<Effect> drawn, const std::vector<KeyName>& names,
                      storage::FetchedRecords& fetched_records);
  io::Task<void> wait_in_unit();
  io::Task<void> scan(Client& client);
  io::Task<void> random_key();
  void check_sizes();
  io::Task<void> sweep();
  io::Task<bool> admitted(bool grows);

  std::vector<Effect> draw_effects();
  Effect draw_effect();
  std::vector<KeyName> draw_keys(std::uint64_t count);
  // Checks one resident key against the model.
  void check_key(const KeyName& name, storage::FetchedRecords& fetched_records, storage::Access access);
  bool remove_expired(const KeyName& name, storage::FetchedRecords& fetched_records, std::vector<Effect>& effects);
  // Changes the store; what of `drawn` changed something goes to `effects`.
  void change(std::vector<Effect> drawn, storage::FetchedRecords& fetched_records, std::vector<Effect>& effects);
  void append(std::vector<Effect> effects);
  void note_appended(std::uint64_t position, std::vector<Effect> effects);
  // Resident as make_resident() has them, and no unit in the way.
  io::Task<Result<void>> make_free(const std::vector<KeyName>& names, storage::FetchedRecords& fetched_records,
                                   bool writes, bool overwrite = false);

  io::Task<void> acknowledged(Client& client, std::uint64_t position);
  io::Task<void> revealed(Client& client, std::vector<KeyName> names, std::uint64_t dependency, std::uint64_t truth);
  bool excused(const Error& error, std::uint64_t storms_before) const;
  void judge(const Result<void>& result, std::uint64_t storms_before, const char* what);
  io::Task<Result<void>> one_maintenance(const char*& what);
  io::Task<Result<void>> expire_cold();
  void reconfigure();

  Site site_;
  Random random_;
  std::uint64_t appended_entries_ = 0;
  bool appended_ = false;
  bool stopping_ = false;
  unsigned clients_running_ = 0;
  std::uint64_t operations_left_;
  std::list<Client> clients_;
  std::list<ScanCheck> scans_;
  OpenUnit unit_;
  io::FiberStacks stacks_;
  std::set<std::uint64_t> unit_ends_;  // positions, of this life
  WorkloadCounts counts_;
  io::Gate gate_;
};

}  // namespace terrace::simulation
