#include "tests/simulation/clients/simulated_server.h"

#include <algorithm>

#include "src/types/object_decoder.h"
#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

// A turn of the event loop takes up to so many events.
constexpr std::uint64_t kMostEventsPerTurn = 4;

Result<std::unique_ptr<io::Disk>> no_disk() {
  return Error{ErrorCode::kInvalid, "the simulated server opens its disk once"};
}

}  // namespace

Settings SimulatedServer::make_settings(const ServerProfile& profile) {
  Settings settings;
  settings.databases = profile.databases;
  settings.max_memory_bytes = static_cast<std::int64_t>(profile.max_memory_bytes);
  settings.hz = 100;
  settings.slowlog_threshold_us = 1000;
  settings.latency_threshold_ms = 1;
  // All changes of keys, but not kEventNew: overwrites stay blind.
  settings.event_classes = kTellKeyspace | (kEventMiss - 1);
  return settings;
}

storage::Options SimulatedServer::make_options() {
  const ServerProfile& profile = site_.profile;
  storage::Options options;
  options.object_decoder = &types::object_decoder();
  options.database_count = profile.databases;
  options.fsync_policy = profile.fsync_policy;
  options.checkpoint_log_bytes = profile.checkpoint_log_bytes;
  options.compaction = profile.compaction;
  options.log = [this](storage::LogLevel, const std::string& line) {
    if (site_.say) site_.say("store: " + line);
  };
  // Without a probe the ledger's accounts stand for the resident set, which differs from run to run.
  options.max_memory_bytes = profile.max_memory_bytes;
  return options;
}

SimulatedServer::SimulatedServer(const Site& site)
    : site_(site),
      random_(mix(site.profile.seed ^ mix(site.number ^ 0x53525652))),
      settings_(make_settings(site.profile)),
      disk_(new SimulatedDisk(site.world, site.media)),
      workers_(site.world),
      witness_(site.world, site.clock, site.history, site.profile.fsync_policy == storage::FsyncPolicy::kAlways,
               site.say),
      observed_(witness_),
      store_(no_disk, std::unique_ptr<io::Disk>(disk_), site_.clock, workers_, random_.next(), make_options()),
      messenger_(site_.clock, key_events_, store_.ledger()),
      accounting_(statistics_, command_logs_, latency_, settings_),
      access_times_(site_.clock.wall_ms()),
      dispatcher_({site_.clock, store_, key_events_, messenger_, statistics_, settings_, access_times_}, commands_,
                  accounting_, settings_, logger_),
      gate_(store_, dispatcher_),
      expiry_(site_.clock, store_, dispatcher_, statistics_, settings_),
      replay_(dispatcher_, commands_, store_, site_.clock),
      scripting_(store_.ledger(), logger_, site_.clock),
      acl_({commands_, settings_, site_.clock, statistics_, store_.ledger(), logger_,
            [](const Session& /*session*/) { return std::string(); }}),
      key_parts_{settings_},
      connection_parts_{acl_, dispatcher_.watched_keys(), messenger_, settings_},
      server_parts_{lifecycle_, dispatcher_.watched_keys(), logger_, settings_},
      transaction_parts_{dispatcher_.transactions(), dispatcher_.watched_keys()},
      scripting_parts_{scripting_, dispatcher_.scripts()},
      connection_environment_{
          site_.world, site_.clock, store_,        dispatcher_,
          gate_,       witness_,    site_.history, static_cast<std::int64_t>(site_.profile.longest_send_us)} {
  if (auto opened = logger_.open("/dev/null"); !opened.ok()) fail(opened.error().message);
  messenger_.configure(settings_);
  replay_.attach(scripting_.functions());
  disk_->set_latency_scale(site_.profile.latency_scale);
  add_commands();
}

void SimulatedServer::add_commands() {
  for (const auto rows : {string_commands(), hash_commands(), list_commands(), set_commands(), sorted_set_commands(),
                          terrace_commands()}) {
    observed_.add(commands_, {rows});
  }
  observed_.add(commands_, {key_commands(), FamilyParts(key_parts_)});
  observed_.add(commands_, {connection_commands(), FamilyParts(connection_parts_)});
  observed_.add(commands_, {server_commands(), FamilyParts(server_parts_)});
  observed_.add(commands_, {transaction_commands(), FamilyParts(transaction_parts_)});
  observed_.add(commands_, {scripting_commands(), FamilyParts(scripting_parts_)});
}

// --- the loop

bool SimulatedServer::step() {
  if (!site_.world.step()) return false;
  if (turn_left_ > 0) --turn_left_;
  if (turn_left_ > 0) return true;
  turn_left_ = static_cast<unsigned>(1 + random_.below(kMostEventsPerTurn));
  messenger_.at_turn_end();
  gate_.at_turn_end();
  std::erase_if(connections_, [](const auto& connection) { return connection->forgotten(); });
  return true;
}

// --- its life

io::Task<Result<void>> SimulatedServer::open() {
  replay_.begin();
  co_return co_await store_.open(replay_);
}

io::Task<> SimulatedServer::keep(io::Task<> loop) {
  const io::Gate::Holder holder = loops_.hold();
  co_await loop;
}

// The listener begins after the survey: events of the survey may tell of units that the crash has lost.
void SimulatedServer::serve() {
  listener_ =
      std::make_unique<SimulatedListener>(SimulatedListener::Parts{store_, messenger_, gate_, settings_, witness_});
  site_.clock.set_slowness(site_.profile.slowness);
  io::spawn(keep(expiry_.run_hot()));
  io::spawn(keep(expiry_.run_cold()));
}

io::Task<> SimulatedServer::dismiss_clients() {
  expiry_.stop();
  dispatcher_.pause().end();
  for (const auto& connection : connections_) connection->abort();
  while (std::any_of(connections_.begin(), connections_.end(), [](const auto& one) { return !one->ended(); })) {
    co_await site_.clock.sleep_us(100);
  }
  while (expiry_.busy() || dispatcher_.busy()) co_await site_.clock.sleep_us(100);
}

io::Task<Result<void>> SimulatedServer::close(bool checkpoint) {
  connections_.clear();
  listener_.reset();
  const Result<void> closed = co_await store_.close(checkpoint);
  while (!loops_.idle()) co_await loops_.wait();
  co_return closed;
}

void SimulatedServer::kill() {
  witness_.settle();
  disk_->abandon();
  site_.world.drop_events();
}

// --- connections

SimulatedConnection& SimulatedServer::connect(bool judged) {
  connections_.push_back(std::make_unique<SimulatedConnection>(connection_environment_, ++connected_));
  SimulatedConnection& connection = *connections_.back();
  connection.set_judged(judged);
  io::spawn(run(connection));
  return connection;
}

io::Task<> SimulatedServer::run(SimulatedConnection& connection) {
  co_await connection.run();
}

}  // namespace terrace::simulation
