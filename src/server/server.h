// Server: creates the parts, opens the store, listens and serves clients until it is asked to end, then closes the
// store with a checkpoint.
// Ownership: owns all parts. Thread: the reactor's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/listener.h"
#include "io/reactor.h"
#include "io/signal_watcher.h"
#include "io/sync.h"
#include "io/uring_disk.h"
#include "src/acl/acl.h"
#include "src/config/config.h"
#include "src/execution/call_accounting.h"
#include "src/execution/command_table.h"
#include "src/execution/dispatcher.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/key_events.h"
#include "src/execution/log_replay.h"
#include "src/execution/reply_gate.h"
#include "src/pubsub/messenger.h"
#include "src/runtime/command_log.h"
#include "src/runtime/latency_monitor.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/logger.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/scripting/scripting.h"
#include "src/server/clients.h"
#include "src/server/cross_client_prefetch.h"
#include "src/server/info.h"
#include "src/server/reload.h"
#include "src/server/supervisor.h"

namespace terrace {

class Server final : public SettingsObserver, io::TurnObserver {
 public:
  // `signals`: the signals that end the server.
  Server(io::Reactor& reactor, std::unique_ptr<io::Disk> disk, Store::OpenDisk open_disk, io::Workers& workers,
         io::SignalWatcher& signals, Supervisor& supervisor, Config& config, Logger& logger);
  ~Server();

  // The parts that command families use; each family gets only its own (commands/command_families.h).
  struct Components {
    io::Reactor& reactor;
    Store& store;
    Config& config;
    CommandTable& commands;
    Clients& clients;
    Dispatcher& dispatcher;
    ExpiryCycle& expiry;
    ServerStatistics& statistics;
    CommandLogs& command_logs;
    LatencyMonitor& latency;
    Logger& logger;
    Lifecycle& lifecycle;
    acl::Acl& acl;
    const ServerInfo& info;
    Reload& reload;
    Messenger& messenger;
    Scripting& scripting;
  };
  Components components();

  // Runs the server, after the families were added to the command table. Returns the exit code of the process.
  io::Task<int> run();

  std::optional<Refusal> settings_changed(const Settings& before, const Settings& settings) override;

 private:
  enum class Phase : std::uint8_t { kLoading, kServing, kClosed };
  using Listeners = std::vector<std::unique_ptr<io::Listener>>;

  void at_long_turn(const char* cause, std::int64_t duration_us) override;
  std::string client_line_of(const Session& session) const;
  io::Task<> start();
  // Logs the message and ends the server with exit code 1.
  void fail(const std::string& message);
  io::Task<Result<void>> listen();
  Result<void> listen_tcp(const Settings& settings, Listeners& listeners);
  io::Task<> accept(io::Listener& listener, bool unix_socket);
  io::Task<> watch_signals();
  io::Task<> serve_periodically();
  io::Task<> report_progress();
  // Runs a background loop. shut_down() waits until it has ended.
  io::Task<> keep(io::Task<> loop);
  io::Task<> end_script();
  io::Task<> close_listeners(Listeners listeners);
  void close_beside(Listeners listeners);
  io::Task<Result<void>> open_store();
  io::Task<int> shut_down();
  std::optional<Refusal> rebind(const Settings& before);
  Result<void> fit_descriptor_limit();
  void share_descriptors();

  io::Reactor& reactor_;
  io::SignalWatcher& signals_;
  Supervisor& supervisor_;
  Config& config_;
  Logger& logger_;
  const Settings& settings_;
  ServerStatistics statistics_;
  CommandLogs command_logs_;
  LatencyMonitor latency_;
  Lifecycle lifecycle_;
  CommandTable commands_;
  Store store_;
  KeyEvents key_events_;
  Messenger messenger_;
  CallAccounting accounting_;
  AccessTimes access_times_;
  Dispatcher dispatcher_;
  ReplyGate gate_;
  CrossClientPrefetch prefetch_;
  acl::Acl acl_;
  Clients clients_;
  ExpiryCycle expiry_;
  LogReplay replay_;
  Reload reload_;
  Scripting scripting_;
  ServerInfo info_;
  Listeners listeners_;
  std::unique_ptr<io::Listener> unix_listener_;
  io::Gate loops_;
  Phase phase_ = Phase::kLoading;
  std::int64_t descriptors_ = 0;  // that the process may have open
};

// The options of the store for these settings.
storage::Options store_options(const Settings& settings, Logger& logger);

}  // namespace terrace
