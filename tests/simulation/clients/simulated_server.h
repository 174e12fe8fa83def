// SimulatedServer: one process' time: the server's core over a simulated disk, clock and workers, without sockets: what
// server/server.h puts together, with simulated connections in place of listeners.
//
// A turn of its event loop is a few events of the world, then the gate.
// Ownership: owns the parts and the connections. A killed server is leaked with them, since coroutines wait without end.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "src/acl/acl.h"
#include "src/commands/families.h"
#include "src/execution/call_accounting.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/log_replay.h"
#include "src/pubsub/messenger.h"
#include "src/runtime/lifecycle.h"
#include "src/scripting/scripting.h"
#include "tests/simulation/clients/observed_commands.h"
#include "tests/simulation/clients/server_clock.h"
#include "tests/simulation/clients/server_profile.h"
#include "tests/simulation/clients/simulated_connection.h"
#include "tests/simulation/clients/simulated_listener.h"
#include "tests/simulation/media.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulated_workers.h"

namespace terrace::simulation {

class SimulatedServer {
 public:
  struct Site {
    World& world;
    ServerClock& clock;
    Media& media;
    History& history;
    const ServerProfile& profile;
    std::uint64_t number;  // of this life
    Witness::Say say;
  };

  explicit SimulatedServer(const Site& site);
  SimulatedServer(const SimulatedServer&) = delete;
  SimulatedServer& operator=(const SimulatedServer&) = delete;

  // Opens the store: replays the log. The loops that remove expired keys begin with serve().
  io::Task<Result<void>> open();
  void serve();
  // The two halves of an orderly end: clients are sent away and what is under way ends; the store is closed.
  io::Task<> dismiss_clients();
  io::Task<Result<void>> close(bool checkpoint);
  // The process ends here and now. Nothing of this server may be used afterwards.
  void kill();

  // One event, and sometimes a turn's end. False: nothing is left to happen.
  bool step();

  // The connection is freed some time after the client has closed it.
  SimulatedConnection& connect(bool judged);

  Witness& witness() { return witness_; }
  SimulatedDisk& disk() { return *disk_; }
  Store& store() { return store_; }
  ServerClock& clock() { return site_.clock; }
  std::uint64_t replayed() const { return replay_.commands(); }
  const ServerStatistics& statistics() const { return statistics_; }
  std::uint64_t heard() const { return listener_ == nullptr ? 0 : listener_->heard(); }

 private:
  static Settings make_settings(const ServerProfile& profile);
  storage::Options make_options();
  void add_commands();
  io::Task<> keep(io::Task<> loop);
  io::Task<> run(SimulatedConnection& connection);

  Site site_;
  Random random_;
  Settings settings_;
  Logger logger_;
  CommandLogs command_logs_;
  LatencyMonitor latency_;
  Lifecycle lifecycle_;
  ServerStatistics statistics_;
  SimulatedDisk* disk_;  // the store's
  SimulatedWorkers workers_;
  Witness witness_;
  ObservedCommands observed_;
  CommandTable commands_;
  Store store_;
  KeyEvents key_events_;
  Messenger messenger_;
  CallAccounting accounting_;
  AccessTimes access_times_;
  Dispatcher dispatcher_;
  ReplyGate gate_;
  ExpiryCycle expiry_;
  LogReplay replay_;
  Scripting scripting_;
  acl::Acl acl_;
  KeyParts key_parts_;
  ConnectionParts connection_parts_;
  ServerParts server_parts_;
  TransactionParts transaction_parts_;
  ScriptingParts scripting_parts_;
  SimulatedConnection::Parts connection_environment_;
  std::unique_ptr<SimulatedListener> listener_;
  std::vector<std::unique_ptr<SimulatedConnection>> connections_;
  std::uint64_t connected_ = 0;
  unsigned turn_left_ = 0;
  io::Gate loops_;
};

}  // namespace terrace::simulation
