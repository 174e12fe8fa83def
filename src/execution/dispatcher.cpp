#include "src/execution/dispatcher.h"

#include <algorithm>

#include "io/reactor.h"
#include "src/execution/context.h"
#include "src/runtime/latency_monitor.h"
#include "src/runtime/logger.h"
#include "src/runtime/monotonic.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/slow_log.h"
#include "src/runtime/store.h"
#include "src/text/c_string.h"
#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

// What one batch reads together at most, and keeps of it: enough for the device, little beside what clients may send.
constexpr std::size_t kMaxLookAheadBytes = 2 << 20;
// Commands whose keys are prefetched together: enough to hide memory's latency, few enough to stay in the first cache.
constexpr std::size_t kPrefetchedCommands = 32;
constexpr std::size_t kMaxShownArguments = 128;  // bytes of an unknown command's arguments in its error

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  std::uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// Names in errors are cut short, and end where a C string would.
std::string shown_name(std::string_view name) {
  return std::string(until_nul(name.substr(0, kMaxShownArguments)));
}

// Appends to what is missing for a command with this key.
bool ready(const storage::Database& database, const storage::Key& key, bool overwrites, RunState& state) {
  return overwrites ? database.overwritable(key, state.fetched_records, state.missing)
                    : database.resident(key, state.fetched_records, state.missing);
}

}  // namespace

Dispatcher::Dispatcher(Services& services, const Settings& settings)
    : services_(services),
      settings_(settings),
      cross_client_prefetch_(services),
      pause_(services.reactor),
      random_state_(monotonic_ns()) {}

void Dispatcher::forget_positions() {
  keyspace_position_ = 0;
  log_.end_turn();
}

bool Dispatcher::run(Execution& x) {
  last_ns_ = monotonic_ns();
  const std::uint64_t end_ns = last_ns_ + Execution::kMaxTurnNs;
  while (x.next < x.batch.requests.size() && !x.client->close_after_reply && !x.client->closing) {
    if (last_ns_ > end_ns && !x.replaying && !x.quiet) {
      x.wait = Execution::Wait::kTurn;
      return false;
    }
    if (x.output->size() > Execution::kMaxUnsentWhenShort && !services_.store.loading() &&
        services_.store.engine().memory_short() && !x.replaying && !x.quiet) {
      x.wait = Execution::Wait::kSent;
      return false;
    }
    if (x.next >= x.prefetched) prefetch(x);
    if (!run_next(x)) return false;
    ++x.next;
    x.rerun = false;
    x.fetch_error.clear();
    if (blocked_.has_ready()) serve_blocked();
  }
  return true;
}

// Takes each command's first argument for a key: where it is none, nothing but the prefetch is in vain.
void Dispatcher::prefetch(Execution& x) {
  const std::size_t end = std::min(x.next + kPrefetchedCommands, x.batch.requests.size());
  const bool worthwhile = end - x.next > 1 && !services_.store.loading();
  std::uint64_t hashes[kPrefetchedCommands];
  std::size_t count = 0;
  for (std::size_t i = x.next; i < end && worthwhile; ++i) {
    std::span<const std::string_view> arguments = x.batch.arguments_of(x.batch.requests[i]);
    if (arguments.size() > 1) hashes[count++] = storage::Key(arguments[1]).hash;
  }
  if (count > 0) services_.store.engine().database(x.client->database).prefetch({hashes, count});
  x.prefetched = end;
}

// True: answered. False: x.wait says what for.
bool Dispatcher::run_next(Execution& x) {
  std::span<const std::string_view> arguments = x.batch.arguments_of(x.batch.requests[x.next]);
  Verdict verdict = admit(x, arguments);
  if (verdict != Verdict::kRun) return verdict == Verdict::kAnswered;
  if (!x.fetch_error.empty()) {
    reject(x, "IOERR " + x.fetch_error);
    return true;
  }
  if (!x.rerun) {
    x.state.begin_command();
    x.state.random = next_random(random_state_);
    x.state.keys.clear();
    collect_keys(*x.entry, arguments, x.state.keys);
  }
  if (read_for_ != nullptr && must_wait_its_turn(x)) {
    x.wait = Execution::Wait::kServing;
    return false;
  }
  if (!make_resident(x, arguments)) return false;
  if ((x.entry->row->flags & kWrite) && !x.replaying && !changeable(x)) {
    x.wait = Execution::Wait::kImage;
    return false;
  }
  if (x.entry->row->run_async != nullptr) {
    x.wait = Execution::Wait::kAsync;
    return false;
  }
  return run_handler(x, arguments);
}

Dispatcher::Verdict Dispatcher::admit(Execution& x, std::span<const std::string_view> arguments) {
  CommandEntry* entry = services_.commands.find(arguments);
  x.entry = entry;
  if (entry == nullptr || (!entry->subcommands.empty() && arguments.size() > 1)) {
    reject_unknown(x, arguments);
    return Verdict::kAnswered;
  }
  const Command& row = *entry->row;
  int count = static_cast<int>(arguments.size());
  if (row.arity > 0 ? count != row.arity : count < -row.arity) {
    reject(x, "ERR wrong number of arguments for '" + std::string(row.name) + "' command");
    return Verdict::kAnswered;
  }
  if (x.replaying) return Verdict::kRun;
  if (!x.client->authenticated && !(row.flags & kNoAuth)) {
    reject(x, "NOAUTH Authentication required.");
    return Verdict::kAnswered;
  }
  if (services_.store.loading() && !(row.flags & kLoading)) {
    reject(x, "LOADING Redis is loading the dataset in memory");
    return Verdict::kAnswered;
  }
  if (!x.quiet && pause_.holds(row.flags & (kWrite | kMayWrite))) {
    x.wait = Execution::Wait::kPause;
    return Verdict::kWait;
  }
  return row.flags & kWrite ? admit_write(x) : Verdict::kRun;
}

Dispatcher::Verdict Dispatcher::admit_write(Execution& x) {
  const storage::Engine& engine = services_.store.engine();
  bool grows = (x.entry->row->flags & kDenyOom) != 0;
  if (auto writable = engine.writable(grows); !writable.ok()) {
    if (writable.error().code == ErrorCode::kNoSpace) {
      // Redis' code for "no room", so that clients know it; maxmemory itself refuses nothing here.
      reject(x, "OOM the disk is full: " + writable.error().message +
                    ". Writes that take space go on when there is enough; reads and deletes go on now.");
    } else {
      reject(x, "MISCONF Errors writing to the AOF file: " + writable.error().message);
    }
    return Verdict::kAnswered;
  }
  if (grows && !engine.has_room()) {
    x.wait = Execution::Wait::kRoom;
    return Verdict::kWait;
  }
  return Verdict::kRun;
}

void Dispatcher::collect_keys(const CommandEntry& entry, std::span<const std::string_view> arguments,
                              std::vector<storage::Key>& keys) {
  if (entry.one_key) {
    keys.emplace_back(arguments[1]);
  } else if (!entry.row->keys.empty()) {
    positions_.clear();
    find_keys(*entry.row, arguments, positions_);
    for (const KeyPosition& position : positions_) keys.emplace_back(arguments[position.argument]);
  }
}

bool Dispatcher::make_resident(Execution& x, std::span<const std::string_view> arguments) {
  if (x.state.keys.empty() || all_ready(x, arguments)) return true;
  if (x.fetched_for != x.next && x.state.fetched_records.bytes() > kMaxLookAheadBytes) {
    // What the batch's earlier commands had read goes before more is.
    x.state.fetched_records.clear();
    x.state.missing.clear();
    all_ready(x, arguments);
  }
  x.fetched_for = x.next;
  x.wait = Execution::Wait::kFetch;
  if (x.look_ahead) look_ahead(x);
  return false;
}

bool Dispatcher::changeable(const Execution& x) {
  storage::Engine& engine = services_.store.engine();
  if (!engine.checkpoint_running()) return true;
  return std::all_of(x.state.keys.begin(), x.state.keys.end(),
                     [&](const storage::Key& key) { return engine.changeable(x.client->database, key); });
}

// Appends what the running command misses.
bool Dispatcher::all_ready(Execution& x, std::span<const std::string_view> arguments) {
  const storage::Database& database = services_.store.engine().database(x.client->database);
  const bool overwrites = x.entry->row->overwrites != nullptr && x.entry->row->overwrites(arguments);
  bool resident = true;
  for (const storage::Key& key : x.state.keys) resident &= ready(database, key, overwrites, x.state);
  return resident;
}

// Adds what the batch's later commands miss, as far as it can be told now.
void Dispatcher::look_ahead(Execution& x) {
  unsigned number = x.client->database;
  storage::Engine& engine = services_.store.engine();
  std::size_t bytes = 0;
  std::size_t counted = 0;
  for (std::size_t i = x.next + 1; i < x.batch.requests.size(); ++i) {
    for (; counted < x.state.missing.size(); ++counted) {
      bytes += std::size_t{x.state.missing[counted].read_pages()} * storage::kPageSize;
    }
    if (bytes >= kMaxLookAheadBytes) return;
    std::span<const std::string_view> arguments = x.batch.arguments_of(x.batch.requests[i]);
    const CommandEntry* entry = services_.commands.find(arguments);
    if (entry == nullptr) continue;
    if (entry->name() == "select" && arguments.size() == 2) {
      auto chosen = parse_integer(arguments[1]);
      if (chosen && *chosen >= 0 && *chosen < engine.database_count()) number = static_cast<unsigned>(*chosen);
    }
    ahead_keys_.clear();
    if (!entry->one_key || arguments.size() > 1) collect_keys(*entry, arguments, ahead_keys_);
    const bool overwrites = entry->row->overwrites != nullptr && entry->row->overwrites(arguments);
    for (const storage::Key& key : ahead_keys_) {
      if (!ready(engine.database(number), key, overwrites, x.state)) x.looked_ahead = true;
    }
  }
}

bool Dispatcher::run_handler(Execution& x, std::span<const std::string_view> arguments) {
  const std::size_t start = x.output->size();
  switch (call_handler(x, arguments)) {
    case Outcome::kReplied:
      finish(x, start);
      return true;
    case Outcome::kMissing:
      x.wait = Execution::Wait::kFetch;
      x.rerun = true;
      return false;
    case Outcome::kBlocks:
      block(x);
      return false;
  }
  return true;
}

Dispatcher::Outcome Dispatcher::call_handler(Execution& x, std::span<const std::string_view> arguments) {
  x.state.begin_run();
  Reply reply(x.output->bytes(), x.client->protocol);
  Context context(arguments, reply, *x.entry->row, *x.client, services_, services_.store.engine(), services_.statistics,
                  x.state, x.now_ms, x.replaying);
  x.entry->row->run(context);
  if (x.state.complete() && !x.state.blocks) return Outcome::kReplied;
  reply.rewind();
  log_expirations(x);
  return x.state.complete() ? Outcome::kBlocks : Outcome::kMissing;
}

// What this run found expired is removed already; the log must say so before anybody else's effects.
void Dispatcher::log_expirations(Execution& x) {
  if (x.replaying || x.state.expirations.empty()) return;
  storage::Engine& engine = services_.store.engine();
  std::uint64_t position = log_.append(engine, x.state.expirations);
  for (std::uint64_t hash : x.state.changed_hashes) engine.note_change(hash, position);
  x.state.expirations.clear();
  x.state.changed_hashes.clear();
}

void Dispatcher::finish(Execution& x, std::size_t start) {
  std::uint64_t now_ns = monotonic_ns();
  std::uint64_t duration_ns = now_ns - last_ns_;
  last_ns_ = now_ns;
  count(x, start, duration_ns);
  if (x.replaying) return;
  x.client->last_command = x.entry;
  std::uint64_t position = write_effects(x);
  if (x.client->reply_mode != ReplyMode::kOn) withhold_reply(x, start);
  if (services_.store.loading()) return;
  const storage::Engine& engine = services_.store.engine();
  std::uint64_t released = engine.released_position();
  if (position == 0 && released < engine.end_position()) position = read_dependency(x);
  if (position <= released || x.output->size() == start) return;
  if (x.state.changed_hashes.empty() && !engine.writable(false).ok()) {
    // It would wait for ever. What it would reveal may be gone after a restart, and reads must go on.
    x.output->bytes().resize(start);
    reject(x, "MISCONF The last change of what was read is not on disk and the log can no longer be written.");
    return;
  }
  x.output->gate(start, position, turn_);
}

// The position behind what the command changed; 0 if it changed nothing.
std::uint64_t Dispatcher::write_effects(Execution& x) {
  RunState& state = x.state;
  if (state.changed_hashes.empty() && state.effects.empty()) return 0;
  storage::Engine& engine = services_.store.engine();
  std::uint64_t position = 0;
  std::size_t expired = state.expirations.entries().size();
  if (expired > 0) position = log_.append(engine, state.expirations);
  if (!state.effects.empty()) {
    position = log_.append(engine, state.effects);
  } else if (!state.effects_replaced && state.changed_hashes.size() > expired) {
    const Request& request = x.batch.requests[x.next];
    std::string_view raw = request.raw;
    if (raw.empty()) {
      scratch_.clear();
      append_command(scratch_, x.batch.arguments_of(request));
      raw = scratch_;
    }
    position = log_.append(engine, x.client->database, raw);
  }
  if (position == 0) position = engine.end_position();
  for (std::uint64_t hash : state.changed_hashes) engine.note_change(hash, position);
  if (x.entry->row->flags & kWholeKeyspace) keyspace_position_ = position;
  return position;
}

std::uint64_t Dispatcher::read_dependency(const Execution& x) const {
  const storage::Engine& engine = services_.store.engine();
  if ((x.entry->row->flags & kWholeKeyspace) || x.state.unlisted_keys) return engine.end_position();
  if (x.state.keys.empty()) return 0;
  std::uint64_t position = keyspace_position_;
  for (const storage::Key& key : x.state.keys) position = std::max(position, engine.dependency(key.hash));
  return position;
}

void Dispatcher::count(Execution& x, std::size_t start, std::uint64_t duration_ns) {
  CommandUsage& usage = x.entry->usage;
  const std::string& out = x.output->bytes();
  bool failed = out.size() > start && out[start] == '-';
  if (failed) {
    ++usage.failed;
    count_error(std::string_view(out).substr(start));
  }
  if (x.replaying) {
    if (failed) services_.logger.warning("A command of the log was refused: " + out.substr(start));
    x.output->bytes().resize(start);
    return;
  }
  if (x.quiet) return;
  ++usage.calls;
  usage.time_ns += duration_ns;
  ++services_.statistics.commands_processed;
  if (settings_.latency_tracking) usage.record_latency(duration_ns);
  std::int64_t duration_us = static_cast<std::int64_t>(duration_ns / 1000);
  bool slow = settings_.slowlog_threshold_us >= 0 && duration_us >= settings_.slowlog_threshold_us;
  bool late = settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000;
  if (slow || late) note_slow(x, duration_ns);
}

void Dispatcher::note_slow(Execution& x, std::uint64_t duration_ns) {
  const Command& row = *x.entry->row;
  std::int64_t duration_us = static_cast<std::int64_t>(duration_ns / 1000);
  if (settings_.latency_threshold_ms > 0 && duration_us >= settings_.latency_threshold_ms * 1000) {
    services_.latency.add(row.flags & kFast ? "fast-command" : "command", x.now_ms / 1000, duration_us / 1000);
  }
  bool slow = settings_.slowlog_threshold_us >= 0 && duration_us >= settings_.slowlog_threshold_us;
  if (!slow || (row.flags & kSkipSlowlog)) return;
  services_.slow_log.add(x.batch.arguments_of(x.batch.requests[x.next]), x.now_ms / 1000, duration_us,
                         x.client->address, x.client->name, settings_.slowlog_max_entries);
}

void Dispatcher::reject(Execution& x, std::string_view error) {
  std::size_t start = x.output->size();
  Reply(x.output->bytes(), x.client->protocol).error(error);
  if (x.entry != nullptr) ++x.entry->usage.rejected;
  count_error(std::string_view(x.output->bytes()).substr(start));
  if (x.client->reply_mode != ReplyMode::kOn) withhold_reply(x, start);
}

// CLIENT REPLY OFF and SKIP.
void Dispatcher::withhold_reply(Execution& x, std::size_t start) {
  ReplyMode& mode = x.client->reply_mode;
  x.output->bytes().resize(start);
  if (mode == ReplyMode::kSkip) mode = ReplyMode::kOn;
  if (mode == ReplyMode::kSkipNext) mode = ReplyMode::kSkip;
}

void Dispatcher::reject_unknown(Execution& x, std::span<const std::string_view> arguments) {
  if (x.entry != nullptr) {
    std::string name(x.entry->name());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::toupper(c); });
    reject(x, "ERR unknown subcommand '" + shown_name(arguments[1]) + "'. Try " + name + " HELP.");
    return;
  }
  if (equals_ignoring_case(arguments[0], "host:") || equals_ignoring_case(arguments[0], "post")) {
    services_.logger.warning("Possible SECURITY ATTACK detected: a client speaks HTTP (" + x.client->address +
                             "). Connection aborted.");
    x.client->closing = true;
    return;
  }
  std::string shown;
  for (std::size_t i = 1; i < arguments.size() && shown.size() < kMaxShownArguments; ++i) {
    std::string_view argument = arguments[i].substr(0, kMaxShownArguments - shown.size());
    shown += '\'';
    shown += until_nul(argument);
    shown += "' ";
  }
  reject(x, "ERR unknown command '" + shown_name(arguments[0]) + "', with args beginning with: " + shown);
}

void Dispatcher::count_error(std::string_view reply) {
  ServerStatistics& statistics = services_.statistics;
  ++statistics.error_replies;
  std::size_t end = std::min(reply.find_first_of(" \r"), reply.size());
  if (end < 2) return;
  std::string code(reply.substr(1, end - 1));
  constexpr std::size_t kMaxCodes = 128;
  if (statistics.errors.size() < kMaxCodes || statistics.errors.contains(code)) ++statistics.errors[code];
}

}  // namespace terrace
