#include "src/server/server.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <system_error>

#include "io/machine_memory.h"
#include "io/process_memory.h"
#include "src/server/client_line.h"
#include "src/server/descriptor_limit.h"
#include "src/types/object_decoder.h"

namespace terrace {
namespace {

// A port that is in use is tried so often at start: for 3 s.
constexpr int kBindAttempts = 60;
constexpr std::int64_t kBindPauseMs = 50;
// File descriptors for files, the ring and listeners, in addition to one for each client; as many as in Redis.
constexpr std::int64_t kReservedDescriptors = 32;
// For clients that come before the descriptors are shared anew.
constexpr std::int64_t kClientHeadroom = 64;
constexpr std::int64_t kLeastSegmentFiles = 8;
constexpr std::int64_t kStatisticsPeriodMs = 100;
constexpr unsigned kRoundsPerReport = 5;
constexpr std::int64_t kCloseGraceMs = 1000;

std::string random_hex(std::size_t digits) {
  std::random_device device;
  std::string text;
  for (std::size_t i = 0; i < digits; ++i) text += "0123456789abcdef"[device() % 16];
  return text;
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

// `maxmemory-clients`. Without it and without `maxmemory` clients hold a quarter of the machine's memory at most.
std::uint64_t clients_memory_limit(const Settings& settings) {
  constexpr std::uint64_t kShareOfMachine = 4;
  const auto limit = static_cast<std::uint64_t>(settings.max_memory_bytes);
  if (settings.clients_percent > 0) return limit / 100 * static_cast<std::uint64_t>(settings.clients_percent);
  if (settings.clients_bytes > 0) return static_cast<std::uint64_t>(settings.clients_bytes);
  return limit > 0 ? 0 : io::usable_memory_bytes() / kShareOfMachine;
}

std::string executable_path() {
  char path[4096];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

storage::Options store_options(const Settings& settings, Logger& logger) {
  storage::Options options;
  options.database_count = static_cast<unsigned>(settings.databases);
  options.fsync_policy = settings.append_fsync;
  options.max_memory_bytes = static_cast<std::uint64_t>(settings.max_memory_bytes);
  bool cache = settings.max_memory_policy != EvictionPolicy::kNoEviction;
  options.disk_quota_bytes = cache ? static_cast<std::uint64_t>(settings.disk_quota_bytes) : 0;
  options.cache_only_volatile = is_volatile(settings.max_memory_policy);
  options.checkpoint_log_bytes = static_cast<std::uint64_t>(settings.checkpoint_log_bytes);
  options.background_bytes_per_second = static_cast<std::uint64_t>(settings.background_io_bytes);
  options.segment_bytes = static_cast<std::uint64_t>(settings.segment_bytes);
  options.scrub_days = static_cast<unsigned>(settings.scrub_days);
  options.tiering = settings.tiering;
  options.compaction = settings.compaction;
  options.compaction_live_share = static_cast<double>(settings.compaction_live_percent) / 100;
  options.dictionaries = settings.compression_dictionaries;
  options.object_decoder = &types::object_decoder();
  // One for the process: the probe outlives reloads of the store.
  static const io::ProcessMemory memory;
  options.resident_memory_probe = [] { return memory.resident_bytes(); };
  options.log = [&logger](storage::LogLevel level, const std::string& message) { logger.write(level, message); };
  return options;
}

Server::Server(io::Reactor& reactor, std::unique_ptr<io::Disk> disk, Store::OpenDisk open_disk, io::Workers& workers,
               io::SignalWatcher& signals, Supervisor& supervisor, Config& config, Logger& logger)
    : reactor_(reactor),
      signals_(signals),
      supervisor_(supervisor),
      config_(config),
      logger_(logger),
      settings_(config.settings()),
      store_(std::move(open_disk), std::move(disk), reactor, workers, random_seed(), store_options(settings_, logger)),
      messenger_(reactor, key_events_, store_.ledger()),
      accounting_(statistics_, command_logs_, latency_, settings_),
      access_times_(reactor.wall_ms()),
      dispatcher_({reactor, store_, key_events_, messenger_, statistics_, settings_, access_times_}, commands_,
                  accounting_, settings_, logger),
      gate_(store_, dispatcher_),
      prefetch_(reactor, store_),
      acl_({commands_, settings_, reactor, statistics_, store_.ledger(), logger,
            [this](const Session& session) { return client_line_of(session); }}),
      clients_({reactor, store_, acl_, dispatcher_, prefetch_, gate_, settings_, statistics_, logger}),
      expiry_(reactor, store_, dispatcher_, statistics_, settings_),
      replay_(dispatcher_, commands_, store_, reactor),
      reload_(reactor, store_, dispatcher_, expiry_, replay_, logger, lifecycle_),
      scripting_(store_.ledger(), logger, reactor),
      info_({reactor, store_, config_, commands_, clients_, dispatcher_, messenger_, statistics_, lifecycle_,
             scripting_}) {
  lifecycle_.started_ms = reactor.wall_ms();
  lifecycle_.run_id = random_hex(40);
  lifecycle_.executable = executable_path();
  lifecycle_.supervised_by = supervisor.name();
  replay_.attach(scripting_.functions());
  reactor_.add_turn_hook(messenger_);
  reactor_.add_turn_hook(gate_);
  reactor_.add_turn_hook(clients_);
  store_.ledger().set_clients_limit(clients_memory_limit(settings_));
  messenger_.configure(settings_);
  reactor_.observe_turns(this);
  config_.observe(this);
}

Server::Components Server::components() {
  return {reactor_, store_,  config_,    commands_, clients_, dispatcher_, expiry_,    statistics_, command_logs_,
          latency_, logger_, lifecycle_, acl_,      info_,    reload_,     messenger_, scripting_};
}

Server::~Server() {
  config_.observe(nullptr);
  reactor_.observe_turns(nullptr);
  reactor_.remove_turn_hook(clients_);
  reactor_.remove_turn_hook(gate_);
  reactor_.remove_turn_hook(messenger_);
}

std::string Server::client_line_of(const Session& session) const {
  const Connection* const connection = clients_.find(session.id);
  return connection ? client_line(*connection, reactor_.wall_ms()) : std::string();
}

io::Task<int> Server::run() {
  io::spawn(watch_signals());
  if (supervisor_.listens()) io::spawn(keep(report_progress()));
  Result<void> listening = acl_.load_at_start();
  if (listening.ok()) listening = fit_descriptor_limit();
  share_descriptors();
  if (listening.ok()) listening = co_await listen();
  if (listening.ok()) {
    logger_.warning("Server initialized");
    co_await start();
  } else {
    fail(listening.error().message);
  }
  while (lifecycle_.ending() == Lifecycle::Ending::kNone) co_await lifecycle_.wished().wait();
  co_return co_await shut_down();
}

io::Task<> Server::start() {
  Result<void> opened = co_await open_store();
  if (!opened.ok()) {
    fail("The store cannot be opened: " + opened.error().message);
    co_return;
  }
  logger_.notice("Ready to accept connections");
  supervisor_.ready();
  phase_ = Phase::kServing;
  io::spawn(keep(serve_periodically()));
  io::spawn(keep(expiry_.run_hot()));
  io::spawn(keep(expiry_.run_cold()));
}

io::Task<> Server::keep(io::Task<> loop) {
  const io::Gate::Holder holder = loops_.hold();
  co_await loop;
}

void Server::fail(const std::string& message) {
  logger_.warning(message);
  supervisor_.failed(message);
  lifecycle_.exit_code = 1;
  lifecycle_.end(Lifecycle::Ending::kWithoutCheckpoint);
}

io::Task<Result<void>> Server::open_store() {
  std::int64_t begin_us = reactor_.monotonic_us();
  replay_.begin();
  Result<void> opened = co_await store_.open(replay_);
  if (!opened.ok()) co_return opened;
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.3f", static_cast<double>(reactor_.monotonic_us() - begin_us) / 1e6);
  logger_.notice("DB opened: " + std::to_string(replay_.commands()) + " commands of the log replayed, " + seconds +
                 " seconds");
  co_return opened;
}

io::Task<Result<void>> Server::listen() {
  Result<void> tcp = listen_tcp(settings_, listeners_);
  // The kernel closes the ring of a killed process, and with it the listening sockets, some time after the process has
  // ended. A restart directly after a kill finds the port still in use.
  for (int attempt = 0; !tcp.ok() && tcp.error().code == ErrorCode::kBusy && attempt < kBindAttempts; ++attempt) {
    co_await close_listeners(std::move(listeners_));
    listeners_.clear();
    co_await reactor_.sleep_ms(kBindPauseMs);
    tcp = listen_tcp(settings_, listeners_);
  }
  if (!tcp.ok()) co_return tcp;
  for (const auto& listener : listeners_) io::spawn(accept(*listener, false));
  if (!settings_.unix_socket.empty()) {
    auto listener = io::Listener::listen_unix(reactor_, settings_.unix_socket,
                                              static_cast<unsigned>(settings_.unix_socket_permissions),
                                              static_cast<int>(settings_.tcp_backlog));
    if (!listener.ok()) co_return Error{ErrorCode::kIo, "Failed opening Unix socket: " + listener.error().message};
    unix_listener_ = std::move(*listener);
    io::spawn(accept(*unix_listener_, true));
  }
  if (listeners_.empty() && !unix_listener_) {
    co_return Error{ErrorCode::kInvalid, "Configured to not listen anywhere, exiting."};
  }
  co_return Result<void>();
}

// It is no error if this machine does not have an address that is written with a '-' in front.
Result<void> Server::listen_tcp(const Settings& settings, Listeners& listeners) {
  if (settings.port == 0) return {};
  for (std::string address : settings.bind) {
    bool optional = address.starts_with('-');
    if (optional) address.erase(0, 1);
    if (address == "::*") address = "::";
    auto listener = io::Listener::listen_tcp(reactor_, address, static_cast<std::uint16_t>(settings.port),
                                             static_cast<int>(settings.tcp_backlog));
    if (listener.ok()) {
      listeners.push_back(std::move(*listener));
    } else if (!optional) {
      return Error{listener.error().code, "Failed listening on port " + std::to_string(settings.port) +
                                              " (TCP), aborting: " + listener.error().message};
    }
  }
  return {};
}

io::Task<> Server::accept(io::Listener& listener, bool unix_socket) {
  for (;;) {
    auto accepted = co_await listener.accept();
    if (!accepted.ok()) {
      if (accepted.error().code != ErrorCode::kShutdown) logger_.warning(accepted.error().message);
      co_return;
    }
    clients_.accept(*accepted, unix_socket);
  }
}

io::Task<> Server::watch_signals() {
  for (;;) {
    int signal = co_await signals_.next();
    if (signal == 0) co_return;
    logger_.warning(signal == SIGINT ? "Received SIGINT scheduling shutdown..."
                                     : "Received SIGTERM scheduling shutdown...");
    lifecycle_.end(Lifecycle::Ending::kWithCheckpoint);
  }
}

io::Task<> Server::close_listeners(Listeners listeners) {
  for (auto& listener : listeners) co_await listener->close();
}

// All addresses are free when this returns.
void Server::close_beside(Listeners listeners) {
  for (auto& listener : listeners) {
    Listeners one;
    one.push_back(std::move(listener));
    io::spawn(close_listeners(std::move(one)));
  }
}

io::Task<int> Server::shut_down() {
  bool checkpoint = lifecycle_.ending() == Lifecycle::Ending::kWithCheckpoint;
  if (lifecycle_.exit_code == 0) logger_.warning("User requested shutdown...");
  if (lifecycle_.exit_code == 0) supervisor_.stopping();
  co_await close_listeners(std::move(listeners_));
  listeners_.clear();
  if (unix_listener_) co_await unix_listener_->close();
  expiry_.stop();
  dispatcher_.pause().end();
  co_await end_script();
  co_await clients_.close_all(kCloseGraceMs);
  while (expiry_.busy() || dispatcher_.busy()) co_await reactor_.sleep_us(100);
  Result<void> closed = co_await store_.close(checkpoint);
  if (!closed.ok()) {
    logger_.warning("The store could not be closed as it should: " + closed.error().message);
    lifecycle_.exit_code = 1;
  }
  phase_ = Phase::kClosed;
  co_await signals_.close();
  // Loops that still sleep must end, or the frames of their coroutines would leak.
  while (!loops_.idle()) co_await loops_.wait();
  if (lifecycle_.exit_code == 0) logger_.warning("Redis is now ready to exit, bye bye...");
  co_return lifecycle_.exit_code;
}

// A script may run without end. What it has written cannot be taken back, and half of it must not become durable: the
// process ends as if it were killed.
io::Task<> Server::end_script() {
  ScriptRunner& scripts = dispatcher_.scripts();
  constexpr std::int64_t kPatienceMs = 1000;
  for (std::int64_t waited_ms = 0; scripts.running() && waited_ms < kPatienceMs; ++waited_ms) {
    co_await reactor_.sleep_ms(1);
  }
  if (!scripts.running()) co_return;
  if (scripts.current().changed()) {
    logger_.warning("A script that has written still runs. The server ends without it: nothing of it is durable.");
    std::_Exit(lifecycle_.exit_code);
  }
  scripts.abandon();
}

void Server::at_long_turn(const char* cause, std::int64_t duration_us) {
  if (settings_.latency_threshold_ms == 0 || duration_us < settings_.latency_threshold_ms * 1000) return;
  latency_.add(cause, reactor_.wall_ms() / 1000, duration_us / 1000);
}

io::Task<> Server::serve_periodically() {
  for (unsigned round = 0; lifecycle_.ending() == Lifecycle::Ending::kNone; ++round) {
    co_await reactor_.sleep_ms(kStatisticsPeriodMs);
    std::int64_t now_us = reactor_.monotonic_us();
    statistics_.command_rate.sample(statistics_.commands_processed, now_us);
    statistics_.input_rate.sample(statistics_.input_bytes, now_us);
    statistics_.output_rate.sample(statistics_.output_bytes, now_us);
    statistics_.turn_rate.sample(reactor_.turn_statistics().turns, now_us);
    statistics_.busy_rate.sample(reactor_.turn_statistics().busy_us, now_us);
    clients_.sample_buffers();
    clients_.evict_stalled(reactor_.wall_ms());
    share_descriptors();
    if (round % 10 != 0) continue;
    clients_.close_over_limit();
    clients_.close_idle(reactor_.wall_ms());
  }
}

// systemd ends a start or a stop that takes longer than its unit file allows, unless the server asks for more time.
io::Task<> Server::report_progress() {
  for (unsigned round = 1; phase_ != Phase::kClosed; ++round) {
    co_await reactor_.sleep_ms(kStatisticsPeriodMs);
    if (phase_ == Phase::kClosed || round % kRoundsPerReport != 0) continue;
    if (lifecycle_.ending() != Lifecycle::Ending::kNone) {
      if (lifecycle_.exit_code == 0) supervisor_.stopping();
    } else if (phase_ == Phase::kLoading) {
      supervisor_.loading(replay_.commands());
    }
  }
}

// As in Redis, with its words; but all that the process may have is taken: segments make use of it.
Result<void> Server::fit_descriptor_limit() {
  const std::int64_t wanted = settings_.max_clients + kReservedDescriptors;
  const DescriptorLimit limit = raise_descriptor_limit(wanted);
  descriptors_ = limit.now;
  const std::string now = std::to_string(limit.now);
  const std::string before = std::to_string(limit.before);
  if (limit.now >= wanted) {
    if (limit.before < wanted) {
      logger_.notice("Increased maximum number of open files to " + now + " (it was originally set to " + before +
                     ").");
    }
    return {};
  }
  if (limit.now <= kReservedDescriptors) {
    return Error{ErrorCode::kInvalid, "Your current 'ulimit -n' of " + before +
                                          " is not enough for the server to start. Please increase your open file "
                                          "limit to at least " +
                                          std::to_string(wanted) + ". Exiting."};
  }
  const std::string possible = std::to_string(limit.now - kReservedDescriptors);
  logger_.warning("You requested maxclients of " + std::to_string(settings_.max_clients) + " requiring at least " +
                  std::to_string(wanted) + " max file descriptors.");
  logger_.warning("Server can't set maximum open files to " + std::to_string(wanted) +
                  " because of OS error: " + std::generic_category().message(limit.error_number) + ".");
  logger_.warning("Current maximum open files is " + now + ". maxclients has been reduced to " + possible +
                  " to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.");
  config_.override_max_clients(limit.now - kReservedDescriptors);
  return {};
}

// Segments have what clients do not need, and give it back as clients come.
void Server::share_descriptors() {
  const auto clients = static_cast<std::int64_t>(clients_.size()) + kClientHeadroom;
  store_.set_open_segment_files(
      static_cast<std::size_t>(std::max(descriptors_ - kReservedDescriptors - clients, kLeastSegmentFiles)));
}

std::optional<SettingsObserver::Refusal> Server::settings_changed(const Settings& before, const Settings& settings) {
  if (settings.max_clients > before.max_clients) {
    const std::int64_t wanted = settings.max_clients + kReservedDescriptors;
    if (descriptors_ < wanted) descriptors_ = raise_descriptor_limit(wanted).now;
    if (descriptors_ < wanted) {
      return Refusal{"maxclients",
                     "The operating system is not able to handle the specified number of clients, try with " +
                         std::to_string(descriptors_ - kReservedDescriptors)};
    }
  }
  if (settings.port != before.port || settings.bind != before.bind) {
    if (auto refusal = rebind(before)) return refusal;
  }
  logger_.set_level(settings.log_level);
  if (settings.log_file != before.log_file) {
    if (auto opened = logger_.open(settings.log_file); !opened.ok()) return Refusal{"logfile", opened.error().message};
  }
  acl_.settings_changed();
  store_.reconfigure(store_options(settings, logger_));
  store_.ledger().set_clients_limit(clients_memory_limit(settings));
  messenger_.configure(settings);
  return std::nullopt;
}

// The new addresses may overlap with the old ones, so the old listeners end first. Where the new addresses cannot be had the
// server listens at the old ones again.
std::optional<SettingsObserver::Refusal> Server::rebind(const Settings& before) {
  close_beside(std::exchange(listeners_, {}));
  const Result<void> listening = listen_tcp(settings_, listeners_);
  if (!listening.ok()) {
    logger_.warning(listening.error().message);
    close_beside(std::exchange(listeners_, {}));
    const Result<void> again = listen_tcp(before, listeners_);
    if (!again.ok()) logger_.warning("The old addresses are lost, too: " + again.error().message);
  }
  for (const auto& listener : listeners_) io::spawn(accept(*listener, false));
  if (listening.ok()) return std::nullopt;
  if (settings_.port == before.port) return Refusal{"bind", "Failed to bind to specified addresses."};
  return Refusal{"port", "Unable to listen on this port. Check server logs."};
}

}  // namespace terrace
