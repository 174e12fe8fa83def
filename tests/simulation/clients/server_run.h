// ServerRun: the whole course of one seed: lives of one server on one Media, with what ends them. Ends the process with
// fail() where the server breaks a promise. Ownership: owns the world, the media and the history; leaks killed servers.
// Thread: the simulation's; one in a process at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/clients/client_crowd.h"
#include "tests/simulation/clients/crash.h"
#include "tests/simulation/clients/server_profile.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

// Nothing but numbers: the names in main.cpp stand in the same order.
struct ServerRunReport {
  std::uint64_t lives = 0;
  std::uint64_t power_cuts = 0;
  std::uint64_t kills = 0;  // of the process alone
  std::uint64_t closes = 0;
  std::uint64_t acts = 0;
  std::uint64_t units = 0;  // plain commands and transactions
  std::uint64_t transactions = 0;
  std::uint64_t refused = 0;  // by WATCH
  std::uint64_t served = 0;   // clients that had waited for keys
  std::uint64_t timeouts = 0;
  std::uint64_t replies = 0;  // that were judged
  std::uint64_t heard = 0;    // events of keys that a listener was told
  std::uint64_t expired = 0;  // keys that the server removed
  std::uint64_t replayed = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t spilled = 0;
  std::uint64_t compacted = 0;
  std::uint64_t disk_operations = 0;
  std::uint64_t events = 0;
  std::uint64_t simulated_us = 0;
};

class ServerRun {
 public:
  ServerRun(const ServerProfile& profile, bool verbose);

  ServerRunReport go();
  std::uint64_t trace_hash() const { return world_.trace_hash(); }

 private:
  using MaybeCrash = std::optional<Crash>;

  // A server that is open and whose state is checked.
  SimulatedServer* begin_life();
  void live(SimulatedServer* server);
  void end_in_order(SimulatedServer* server);
  void kill(SimulatedServer* server);
  MaybeCrash draw_crash(double chance, std::uint64_t most, Crash::Moment moment = Crash::Moment::kAny);

  // Each false: the crash comes first.
  bool open(SimulatedServer& server, MaybeCrash crash);
  bool survey(SimulatedServer& server, MaybeCrash crash);
  bool work(SimulatedServer& server, MaybeCrash crash);
  bool shut_down(SimulatedServer& server, bool checkpoint, MaybeCrash crash);
  template <typename Done>
  bool run_until(SimulatedServer& server, const Done& done, MaybeCrash crash, const char* what);

  io::Task<> open_task(SimulatedServer& server);
  io::Task<> survey_task(SimulatedServer& server);
  io::Task<> shut_down_task(SimulatedServer& server, bool checkpoint);
  void check_bank(const Dataset& found) const;
  void count(SimulatedServer& server);
  void say(const std::string& words) const;

  ServerProfile profile_;
  bool verbose_;
  Random random_;
  World world_;
  ServerClock clock_;
  Media media_;
  History history_;
  ClientCrowd* crowd_ = nullptr;  // of the life under way, leaked with it if it is killed
  std::uint64_t number_ = 0;
  bool done_ = false;
  ServerRunReport report_;
};

}  // namespace terrace::simulation
