#include "src/execution/command_runner.h"

#include <algorithm>

#include "storage/base/mutant.h"

namespace terrace {
namespace {

std::uint64_t next_random(std::uint64_t& state) {  // splitmix64
  std::uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

void CommandRunner::plan(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments,
                         std::string_view raw) {
  x.call.begin(entry, arguments, raw, x.session->database);
  if (!x.heads.empty() && x.fetched_for != x.next) x.heads.clear();
  x.missing.clear();
  x.missing_heads.clear();
  x.call.random = next_random(random_state_);
}

bool CommandRunner::ready(CommandBatch& x, const PlannedKey& planned) const {
  if (planned.database >= engine().database_count()) return true;
  const storage::Database& database = engine().database(planned.database);
  if (planned.overwritten && !parts_.listeners.notified(kEventNew | kEventExpired))
    return database.overwritable(planned.key, x.fetched_records, x.missing);
  // A transaction's calls are planned again after each wait, which drops the heads.
  if (planned.head_only && !x.transaction.active) {
    return database.resident_by_head(planned.key, x.fetched_records, x.missing, x.heads, x.missing_heads);
  }
  return database.resident(planned.key, x.fetched_records, x.missing);
}

bool CommandRunner::ready(CommandBatch& x) const {
  bool resident = true;
  for (const PlannedKey& key : x.call.keys) resident &= ready(x, key);
  return resident;
}

bool CommandRunner::changeable(const Origin& origin, const std::vector<PlannedKey>& keys) const {
  if (!origin.admitted || !engine().checkpoint_running()) return true;
  return std::all_of(keys.begin(), keys.end(), [this](const PlannedKey& planned) {
    return planned.database >= engine().database_count() || engine().changeable(planned.database, planned.key);
  });
}

std::uint64_t CommandRunner::window_bytes() const {
  constexpr std::uint64_t kShare = 8;
  if (settings_.max_memory_bytes == 0) return kMaxWindowBytes;
  return std::clamp(static_cast<std::uint64_t>(settings_.max_memory_bytes) / kShare, kMinWindowBytes, kMaxWindowBytes);
}

// What the client's output limit leaves for the reply.
std::size_t CommandRunner::output_limit_left(const Session& session, std::size_t unsent) const {
  const std::uint64_t limit = settings_.output_limits[session.output_class()].hard_bytes;
  return limit == 0 ? SIZE_MAX : limit - std::min<std::uint64_t>(limit, unsent);
}

Reply::Bounds CommandRunner::reply_bounds(const CommandBatch& x, ReplySize size, std::size_t unsent,
                                          std::size_t gathered) const {
  if (!x.origin->is_client) return {};
  const storage::MemoryQueue& queue = parts_.store.memory_queue();
  Reply::Bounds bounds;
  bounds.most = std::min<std::uint64_t>(output_limit_left(*x.session, unsent + gathered),
                                        queue.most() - std::min<std::uint64_t>(queue.most(), gathered));
  bounds.now = bounds.most;
  // A command that has changed something cannot be run again.
  if (size == ReplySize::kAny || (x.call.row().flags & (kWrite | kMayWrite)) != 0) return bounds;
  // A reply that grows in steps takes three times its size while it is copied. One that was counted does not grow.
  constexpr std::uint64_t kSmall = Reply::kSmall, kGrowth = 3;
  const std::uint64_t reserved = x.reserved.bytes() - std::min(x.reserved.bytes(), x.wanted_for_work);
  bounds.now = std::min<std::uint64_t>(bounds.most, std::max({kSmall, reserved, queue.room() / kGrowth}));
  return bounds;
}

// The reply has passed its bound and was dropped.
CommandRunner::Outcome CommandRunner::end_too_large(CommandBatch& x, Reply& reply, ReplySize size) {
  const std::size_t needed = reply.size();
  const bool waits = size == ReplySize::kAsRoomIs && !x.call.changed && !reply.hopeless();
  reply.rewind();
  if (needed > output_limit_left(*x.session, x.output->size())) {
    x.session->output_exceeded = true;
  } else if (waits) {
    // The next run may tell a little more (INFO), and a bound is checked with a margin.
    x.wanted_for_reply = needed + needed / 16 + 64;
    return Outcome::kTooMuch;
  } else {
    reply.error("OOM the reply is larger than 'maxmemory' allows");
  }
  return Outcome::kReplied;
}

CommandRunner::Outcome CommandRunner::run(CommandBatch& x, bool alone, ReplySize size) {
  Call& call = x.call;
  call.begin_run();
  x.missing.clear();
  x.missing_heads.clear();
  const std::size_t start = x.replies->size();
  if (x.wanted_for_reply > 0) x.replies->reserve(start + x.wanted_for_reply);
  const ReplyBounding bounding(*this, x, size);
  Reply reply(*x.replies, x.session->protocol, bounding);
  Context context(parts_, open_unit_, x, reply);
  ServerStatistics& statistics = parts_.statistics;
  const std::uint64_t hits = statistics.keyspace_hits, misses = statistics.keyspace_misses;
  const std::size_t notices = x.unit.notices().size();
  call.row().run(context);
  const bool complete = x.complete() && !call.lacks_memory;
  if (complete && !call.blocks) {
    if (!reply.dropped() || end_too_large(x, reply, size) == Outcome::kReplied) {
      account(x, start);
      gather_effect(x, alone);
      return Outcome::kReplied;
    }
  } else {
    reply.rewind();
    TERRACE_CHECK(!call.changed);
    if (complete) {
      note_command(x);
      return Outcome::kBlocks;
    }
  }
  if (!x.unit.notices().empty()) x.unit.notices().forget_misses(notices);
  statistics.keyspace_hits = hits;  // the run that replies counts its look-ups
  statistics.keyspace_misses = misses;
  return call.lacks_memory || x.complete() ? Outcome::kTooMuch : Outcome::kMissing;
}

// The handler writes its reply into a separate string: the channel may take bytes of the output while it is suspended.
io::Task<std::size_t> CommandRunner::run_async(CommandBatch& x, bool alone) {
  std::string aside;
  x.call.begin_run();
  const ReplyBounding bounding(*this, x, ReplySize::kAny);
  Reply reply(aside, x.session->protocol, bounding);
  Context context(parts_, open_unit_, x, reply);
  const std::uint64_t begin_ns = parts_.clock.monotonic_ns();
  co_await x.call.row().run_async(context);
  if (reply.dropped()) end_too_large(x, reply, ReplySize::kAny);
  last_ns_ = begin_ns;
  const std::size_t start = x.replies->size();
  *x.replies += aside;
  account(x, start);
  gather_effect(x, alone);
  co_return start;
}

void CommandRunner::account(CommandBatch& x, std::size_t start) {
  const std::uint64_t now_ns = parts_.clock.monotonic_ns();
  const std::uint64_t duration_ns = now_ns - last_ns_;
  last_ns_ = now_ns;
  const std::string_view reply = std::string_view(*x.replies).substr(start);
  if (x.origin->counted) {
    accounting_.count(x.call, *x.session, reply, duration_ns, x.now_ms);
    if (parts_.listeners.any()) tell_of_call(x);
    return;
  }
  if (!x.origin->logged && reply.starts_with('-')) {
    logger_.warning("A command of the log was refused: " + std::string(reply));
  }
  x.replies->resize(start);
}

void CommandRunner::account_script(CommandBatch& x, std::size_t start, std::uint64_t failures) {
  if (!x.origin->counted) return account(x, start);
  const std::uint64_t now_ns = parts_.clock.monotonic_ns();
  x.call.entry->usage.failed += failures;
  accounting_.count_run(x.call, *x.session, std::string_view(*x.replies).substr(start), now_ns - last_ns_, x.now_ms);
  last_ns_ = now_ns;
  if (parts_.listeners.any()) tell_of_call(x);
}

// Adds the command as it came to the unit's effects, unless the handler has named other effects.
void CommandRunner::gather_effect(CommandBatch& x, bool alone) {
  Call& call = x.call;
  if (!x.origin->logged) return x.unit.effects().clear();
  // What may change keys is admitted as a write.
  TERRACE_CHECK(!call.changed || (call.row().flags & (kWrite | kMayWrite)) != 0);
  if (call.changed && !call.effects_replaced) {
    const unsigned database = x.session->database;
    if (call.entry->renamed()) return gather_renamed(x);
    if (!alone || !x.unit.effects().empty()) {
      call.raw.empty() ? x.unit.effects().add(database, call.arguments) : x.unit.effects().add_resp(database, call.raw);
    } else if (!call.raw.empty()) {
      x.unit.set_sole_effect(database, call.raw);
    } else {
      scratch_.clear();
      append_command(scratch_, call.arguments);
      x.unit.set_sole_effect(database, scratch_);
    }
  }
  if (!alone) x.unit.depend_on(read_dependency(call));
}

// The log has the command under its own name.
void CommandRunner::gather_renamed(CommandBatch& x) {
  const CommandEntry& entry = *x.call.entry;
  std::vector<std::string_view> arguments(x.call.arguments.begin(), x.call.arguments.end());
  arguments[0] = (entry.container ? entry.container : &entry)->row->name;
  x.unit.effects().add(x.session->database, arguments);
}

void CommandRunner::commit(CommandBatch& x, std::size_t start) {
  Unit& unit = x.unit;
  if (!x.origin->logged) return unit.begin();
  if (!x.call.changed && !unit.changed()) {
    if (!x.origin->answered || parts_.store.loading()) return tell_listeners(x, 0);
    if (engine().released_position() == engine().end_position()) return tell_listeners(x, 0);
    const std::uint64_t position = std::max(unit.read_position(), x.transaction.active ? 0 : read_dependency(x.call));
    gate(x, start, position);
    return tell_listeners(x, position);
  }
  const std::uint64_t position = append_effects(unit);
  tell_observers(x);
  if (x.origin->answered) gate(x, start, position);
  tell_listeners(x, position);
  unit.begin();
}

// What a client tells leaves no sooner than the replies to what it did before.
void CommandRunner::tell_listeners(CommandBatch& x, std::uint64_t position) {
  if (!parts_.listeners.any() && x.unit.notices().heard().empty()) return;
  if (!wants_replies(*x.session) && !parts_.store.loading()) position = engine().end_position();
  parts_.listeners.tell(x.unit, *x.session, std::max(position, x.output->last_position()));
  x.unit.notices().clear();
}

// A call that has run: MONITOR shows it, and what it has read may be cached by its client.
void CommandRunner::tell_of_call(CommandBatch& x) {
  note_command(x);
  if (x.session->caches) parts_.listeners.note_read(*x.session, x.call);
}

// A call that waits is shown when it begins to wait.
void CommandRunner::note_command(CommandBatch& x) {
  if (!parts_.listeners.monitored() || x.call.monitored || x.call.served) return;
  if (x.call.row().flags & (kAdmin | kSkipMonitor)) return;
  parts_.listeners.note_command(x.unit, *x.session, x.call);
  x.call.monitored = true;
}

// Returns the position at which the unit's changes are durable.
std::uint64_t CommandRunner::append_effects(Unit& unit) {
  storage::Engine& engine = parts_.store.engine();
  std::uint64_t position = 0;
  if (unit.in_pieces()) {
    position = log_.append_last_piece(engine, unit.effects());
  } else if (!unit.effects().empty()) {
    position = log_.append(engine, unit.effects());
  } else if (!unit.sole_effect().empty()) {
    position = log_.append(engine, unit.sole_database(), unit.sole_effect());
  } else {
    position = engine.end_position();
  }
  for (const Unit::Change& change : unit.changes()) engine.note_change(change.hash, position);
  if (unit.changed_whole_database()) keyspace_position_ = position;
  return position;
}

void CommandRunner::append_piece(CommandBatch& x) {
  log_.append_piece(engine(), x.unit.effects(), !x.unit.in_pieces());
  x.unit.append_begun();
}

std::uint64_t CommandRunner::read_dependency(const Call& call) const {
  if (storage::mutant(storage::Mutant::kIgnoreDependency)) return 0;
  const storage::Engine& engine = parts_.store.engine();
  if ((call.row().flags & kWholeKeyspace) || call.unlisted_keys) return engine.end_position();
  if (call.keys.empty()) return 0;
  std::uint64_t position = keyspace_position_;
  for (const PlannedKey& planned : call.keys) position = std::max(position, engine.dependency(planned.key.hash));
  return position;
}

void CommandRunner::tell_observers(const CommandBatch& x) const {
  if (!parts_.events.wanted() || !x.origin->observed) return;
  for (const Unit::Change& change : x.unit.changes()) parts_.events.tell(x.unit.observed(change));
}

void CommandRunner::gate(CommandBatch& x, std::size_t start, std::uint64_t position) {
  const storage::Engine& engine = parts_.store.engine();
  if (position <= engine.released_position() || x.output->size() == start) return;
  if (!x.unit.changed() && !engine.log_advances()) {
    // The reply would wait until a restart, or until a further log file can be made. What it tells may be lost, so the
    // read gets an error.
    x.output->bytes().resize(start);
    reject(x, x.call.entry,
           "MISCONF The last change of what was read is not on disk, and the log cannot be written now.");
    return;
  }
  if (storage::mutant(storage::Mutant::kReplyBeforePosition)) return;
  x.output->gate(start, position, turn_);
}

void CommandRunner::reject(CommandBatch& x, CommandEntry* entry, std::string_view error) {
  const std::size_t start = x.replies->size();
  Reply(*x.replies, x.session->protocol).error(error);
  if (entry != nullptr) ++entry->usage.rejected;
  accounting_.count_error(std::string_view(*x.replies).substr(start));
  finish_reply(x, start);
}

// CLIENT REPLY OFF and SKIP.
void CommandRunner::withhold_reply(CommandBatch& x, std::size_t start) {
  ReplyMode& mode = x.session->reply_mode;
  if (!(x.call.row().flags & kPushes)) x.replies->resize(start);
  if (mode == ReplyMode::kSkip) mode = ReplyMode::kOn;
  if (mode == ReplyMode::kSkipNext) mode = ReplyMode::kSkip;
}

}  // namespace terrace
