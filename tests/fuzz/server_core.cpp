#include "tests/fuzz/server_core.h"

#include <algorithm>
#include <utility>

#include "src/types/object_decoder.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {
namespace {

// One call of the clock in so many finds that a slice is over.
constexpr std::uint64_t kSlowness = 4;
// A script that has been left so often is ended.
constexpr unsigned kMostStepsOfScript = 200;
constexpr unsigned kMostSteps = 200'000;

}  // namespace

Settings ServerCore::make_settings() {
  Settings settings;
  settings.databases = 4;
  settings.max_memory_bytes = 8 << 20;
  settings.event_classes = kTellKeyspace | kTellKeyevent | (kEventMiss - 1);
  return settings;
}

storage::Options ServerCore::make_options(const Settings& settings) {
  storage::Options options;
  options.object_decoder = &types::object_decoder();
  options.database_count = static_cast<unsigned>(settings.databases);
  options.log = [](storage::LogLevel, const std::string&) {};
  options.max_memory_bytes = static_cast<std::uint64_t>(settings.max_memory_bytes);
  return options;
}

ServerCore::ServerCore()
    : store_(
          []() -> Result<std::unique_ptr<io::Disk>> {
            return Error{ErrorCode::kInvalid, "opened once"};
          },
          std::make_unique<simulation::SimulatedDisk>(world_, media_), clock_, workers_, 1, make_options(settings_)),
      messenger_(clock_, key_events_, store_.ledger()),
      accounting_(statistics_, command_logs_, latency_, settings_),
      access_times_(clock_.wall_ms()),
      dispatcher_({clock_, store_, key_events_, messenger_, statistics_, settings_, access_times_}, commands_,
                  accounting_, settings_, logger_),
      gate_(store_, dispatcher_),
      replay_(dispatcher_, commands_, store_, clock_),
      scripting_(store_.ledger(), logger_, clock_),
      acl_({commands_, settings_, clock_, statistics_, store_.ledger(), logger_,
            [](const Session&) { return std::string(); }}),
      key_parts_{settings_},
      connection_parts_{acl_, dispatcher_.watched_keys(), messenger_, settings_},
      server_parts_{lifecycle_, dispatcher_.watched_keys(), logger_, settings_},
      transaction_parts_{dispatcher_.transactions(), dispatcher_.watched_keys()},
      scripting_parts_{scripting_, dispatcher_.scripts()},
      pubsub_parts_{messenger_} {
  FUZZ_REQUIRE(logger_.open("/dev/null").ok(), "the log");
  messenger_.configure(settings_);
  replay_.attach(scripting_.functions());
  add_commands();
  replay_.begin();
  bool opened = false;
  io::spawn(finish(store_.open(replay_), opened));
  run_until([&] { return opened; });
  clock_.set_slowness(kSlowness);
  for (std::size_t i = 0; i < kSpeakers; ++i) speakers_[i] = std::make_unique<Speaker>(*this, i + 1);
}

ServerCore::~ServerCore() {
  for (const auto& speaker : speakers_) speaker->abort();
  run_until([&] {
    dispatcher_.scripts().abandon();
    return std::none_of(speakers_.begin(), speakers_.end(), [](const auto& one) { return one->running(); });
  });
  for (auto& speaker : speakers_) speaker.reset();
  bool closed = false;
  io::spawn(finish(store_.close(false), closed));
  run_until([&] { return closed; });
}

io::Task<> ServerCore::finish(io::Task<Result<void>> task, bool& done) {
  const Result<void> result = co_await task;
  FUZZ_REQUIRE(result.ok(), result.error().message);
  done = true;
}

void ServerCore::add_commands() {
  for (const auto rows :
       {string_commands(), hash_commands(), list_commands(), set_commands(), sort_commands(), stream_commands(),
        sorted_set_commands(), bitmap_commands(), hyperloglog_commands(), geo_commands(), terrace_commands()}) {
    commands_.add({rows});
  }
  commands_.add({key_commands(), FamilyParts(key_parts_)});
  commands_.add({connection_commands(), FamilyParts(connection_parts_)});
  commands_.add({server_commands(), FamilyParts(server_parts_)});
  commands_.add({transaction_commands(), FamilyParts(transaction_parts_)});
  commands_.add({scripting_commands(), FamilyParts(scripting_parts_)});
  commands_.add({pubsub_commands(), FamilyParts(pubsub_parts_)});
}

bool ServerCore::step() {
  const bool stepped = world_.step();
  gate_.at_turn_end();
  return stepped;
}

template <typename Done>
void ServerCore::run_until(const Done& done) {
  unsigned of_script = 0;
  for (unsigned steps = 0; !done(); ++steps) {
    FUZZ_REQUIRE(step(), "something waits, and nothing is left to happen");
    FUZZ_REQUIRE(steps < kMostSteps, "something has no end");
    of_script = dispatcher_.scripts().running() ? of_script + 1 : 0;
    if (of_script > kMostStepsOfScript) dispatcher_.scripts().abandon();
  }
}

void ServerCore::rest(unsigned steps) {
  for (; steps > 0 && step(); --steps) {
  }
}

void ServerCore::hear(std::size_t speaker, std::string_view bytes) {
  speakers_[speaker]->hear(bytes);
  run_until(
      [&] { return std::none_of(speakers_.begin(), speakers_.end(), [](const auto& one) { return one->waits(); }); });
}

std::string ServerCore::take_told(std::size_t speaker) {
  std::string told = std::exchange(speakers_[speaker]->told, {});
  std::string_view rest = told;
  while (!rest.empty()) {
    const auto reply = simulation::parse_reply(rest);
    FUZZ_REQUIRE(reply.has_value(), "half a reply: " + std::string(rest.substr(0, 200)));
    rest.remove_prefix(reply->size);
  }
  return told;
}

// --- speakers

ServerCore::Speaker::Speaker(ServerCore& core, std::uint64_t number)
    : Channel(core.store_.ledger()),
      core_(core),
      session_(core.store_.ledger()),
      inbox_(session_, *this, core.gate_, core.settings_),
      parser_(core.store_.ledger()) {
  session_.id = number;
  session_.may_block = true;
  core.acl_.begin(session_);
}

ServerCore::Speaker::~Speaker() {
  core_.gate_.forget(*this);
  core_.dispatcher_.forget(session_);
}

void ServerCore::Speaker::hear(std::string_view bytes) {
  if (ended()) return;
  waiting_ += bytes;
  if (!running_) io::spawn(run(std::exchange(waiting_, {})));
}

io::Task<> ServerCore::Speaker::run(std::string bytes) {
  running_ = true;
  while (!bytes.empty() && !ended()) {
    std::unique_ptr<CommandBatch> batch = core_.dispatcher_.pool().take();
    const auto status =
        parser_.parse(bytes, {.max_bulk_bytes = 1 << 20, .max_pending_bytes = 4 << 20}, batch->requests);
    if (parser_.wanted() > 0) parser_.grow(parser_.wanted());
    batch->begin(session_, output(), kClientOrigin, core_.clock_.wall_ms());
    bool lent = true;
    while (!core_.dispatcher_.run(*batch)) {
      core_.gate_.mark(*this);
      if (lent) {
        batch->own(bytes);
        std::fill(bytes.begin(), bytes.end(), '\xDB');
        lent = false;
      }
      co_await core_.dispatcher_.wait(*batch);
      if (session_.closing && !batch->must_end()) break;
    }
    core_.dispatcher_.pool().give_back(std::move(batch));
    core_.gate_.mark(*this);
    if (status != RequestParser::Status::kOk) session_.close_after_reply = true;
    bytes = std::exchange(waiting_, {});
  }
  running_ = false;
}

void ServerCore::Speaker::flush(std::uint64_t released) {
  std::string taken;
  output().take(output().releasable(released), taken);
  told += taken;
}

void ServerCore::Speaker::abort() {
  session_.closing = true;
  core_.dispatcher_.blocking().leave(session_);
}

}  // namespace terrace::fuzz
