#include "src/execution/dispatcher.h"

#include <algorithm>

#include "src/execution/likely_key.h"
#include "storage/base/limits.h"

namespace terrace {
namespace {

using Wait = CommandBatch::Wait;

// What one batch reads ahead, and keeps of it, at most: enough to use the device, little beside the query buffers.
constexpr std::size_t kMaxLookAheadBytes = 2 << 20;
// Commands whose keys are prefetched together: enough to hide the latency of memory, few enough for the first cache.
constexpr std::size_t kPrefetchedCommands = 32;

}  // namespace

Dispatcher::Dispatcher(const ContextParts& parts, const CommandTable& commands, CallAccounting& accounting,
                       const Settings& settings, Logger& logger)
    : clock_(parts.clock),
      store_(parts.store),
      commands_(commands),
      logger_(logger),
      accounting_(accounting),
      pool_(parts.store.ledger()),
      runner_(parts, open_unit_, accounting, settings, logger),
      pause_(parts.clock),
      watched_keys_(parts.events),
      scripts_(runner_, open_unit_, commands, settings, logger),
      transactions_(runner_, open_unit_, watched_keys_, scripts_),
      admission_(parts.store, pause_, runner_, transactions_, scripts_, settings, logger),
      blocking_(runner_, open_unit_, parts.events) {}

void Dispatcher::forget(Session& session) {
  blocking_.leave(session);
  watched_keys_.unwatch(session);
  runner_.parts().listeners.forget(session);
}

bool Dispatcher::run(CommandBatch& x) {
  runner_.begin_clock();
  const std::uint64_t end_ns = runner_.last_ns() + x.origin->turn_ns;
  while (!x.done() && (x.must_end() || !x.session->ends())) {
    if (!x.must_end()) {
      if (runner_.last_ns() > end_ns) {
        x.wait = Wait::kTurn;
        return false;
      }
      if (x.origin->is_client && must_give_way(x)) return false;
    }
    if (x.next >= x.prefetched) prefetch(x);
    if (!run_next(x)) return false;
    ++x.next;
    x.rerun = false;
    x.error.clear();
    x.release_memory();
    if (blocking_.clients().has_ready()) blocking_.serve();
    open_unit_.resume_waiting();
  }
  return true;
}

// While memory is short, replies are sent before further commands run. A smaller output is charged when the turn ends
// (ReplyGate).
bool Dispatcher::must_give_way(CommandBatch& x) {
  if (x.output->size() <= CommandBatch::kMaxUnsentWhenShort || store_.loading()) return false;
  x.output->charge();
  if (!replies_must_leave()) return false;
  x.wait = Wait::kSent;
  return true;
}

bool Dispatcher::replies_must_leave() const {
  return store_.memory_queue().waited_for() || store_.ledger().clients_exceeded() || store_.engine().memory_short();
}

void Dispatcher::prefetch(CommandBatch& x) {
  const auto& requests = x.requests.requests;
  const std::size_t end = std::min(x.next + kPrefetchedCommands, requests.size());
  const bool worthwhile = end - x.next > 1 && !store_.loading();
  std::uint64_t hashes[kPrefetchedCommands];
  std::size_t count = 0;
  for (std::size_t i = x.next; i < end && worthwhile; ++i) {
    std::span<const std::string_view> arguments = x.requests.arguments_of(requests[i]);
    if (arguments.size() > 1) hashes[count++] = storage::Key(likely_key(arguments)).hash;
  }
  if (count > 0) store_.engine().database(x.session->database).prefetch({hashes, count});
  x.prefetched = end;
  // Commands that are queued or refused do not read it, and a batch of them has its slice of time, too.
  if (x.next > 0) runner_.begin_clock();
}

// The log has commands under their own names, whatever clients call them.
CommandEntry* Dispatcher::entry_of(const CommandBatch& x, std::span<const std::string_view> arguments) const {
  if (x.fixed_entry != nullptr) return x.fixed_entry;
  return x.origin->is_client ? commands_.find(arguments) : commands_.find_own(arguments);
}

// True: the request is answered. False: x.wait says for what the batch waits.
bool Dispatcher::run_next(CommandBatch& x) {
  if (x.transaction.opened) {
    return x.session->transaction.calls().empty() ? scripts_.run_alone(x) : transactions_.run(x);
  }
  const Request& request = x.requests.requests[x.next];
  const std::span<const std::string_view> arguments = x.requests.arguments_of(request);
  CommandEntry* entry = entry_of(x, arguments);
  const Admission::Verdict verdict = admission_.admit(x, entry, arguments);
  if (verdict != Admission::Verdict::kRun) {
    if (verdict == Admission::Verdict::kAnswered) x.transaction.end();
    return verdict == Admission::Verdict::kAnswered;
  }
  const Command& row = *entry->row;
  if (x.session->transaction.open() && !(row.flags & kAlwaysAtOnce)) {
    queue(x, *entry, arguments, request.raw);
    return true;
  }
  if (row.runs_queue) return run_queue(x, *entry, arguments, request.raw);
  if (!x.error.empty()) {
    runner_.reject(x, entry, x.error);
    return true;
  }
  if (!x.rerun) {
    runner_.plan(x, *entry, arguments, request.raw);
    x.unit.begin();
  }
  if (!may_begin(x, x.call) || !make_resident(x)) return false;
  if ((row.flags & (kWrite | kMayWrite)) && !runner_.changeable(*x.origin, x.call.keys)) {
    x.wait = Wait::kImage;
    return false;
  }
  if (row.run_async != nullptr) {
    x.wait = Wait::kAsync;
    return false;
  }
  return row.is_script() ? scripts_.run_alone(x) : run_handler(x);
}

void Dispatcher::queue(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments,
                       std::string_view raw) {
  // A transaction that will not run needs no queue.
  Session& session = *x.session;
  if (!session.transaction.refused() && !session.watch_broken) session.transaction.queue(entry, arguments, raw);
  const std::size_t start = x.replies->size();
  Reply(*x.replies, x.session->protocol).simple("QUEUED");
  runner_.finish_reply(x, start);
}

// Runs EXEC. Before the unit opens, admission and may_begin() are checked again after each wait.
bool Dispatcher::run_queue(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments,
                           std::string_view raw) {
  if (!x.transaction.active && transactions_.begin(x, exec, arguments, raw)) return true;
  return transactions_.read_ahead(x) && may_begin(x, x.transaction.exec) && transactions_.run(x);
}

// Blocked clients come first at their keys, and an open unit keeps other calls off its keys.
bool Dispatcher::may_begin(CommandBatch& x, const Call& call) {
  if (open_unit_.active() && open_unit_.excludes(call, *x.origin)) {
    x.wait = Wait::kUnit;
    return false;
  }
  if (blocking_.comes_later(x, call)) {
    x.wait = open_unit_.active() ? Wait::kUnit : Wait::kServing;
    return false;
  }
  return true;
}

bool Dispatcher::make_resident(CommandBatch& x) {
  if (x.call.keys.empty() || runner_.ready(x)) return true;
  if (x.fetched_for != x.next && x.fetched_records.bytes() > kMaxLookAheadBytes) {
    // The records of the batch's earlier commands are freed before more are read.
    x.fetched_records.clear();
    x.missing.clear();
    runner_.ready(x);
  }
  x.fetched_for = x.next;
  x.wait = Wait::kFetch;
  if (x.look_ahead) look_ahead(x);
  return false;
}

// Adds the records that later commands of the batch miss, as far as their keys are known now.
void Dispatcher::look_ahead(CommandBatch& x) {
  unsigned database = x.session->database;
  std::size_t bytes = 0;
  std::size_t counted = 0;
  for (std::size_t i = x.next + 1; i < x.requests.requests.size(); ++i) {
    for (; counted < x.missing.size(); ++counted) {
      bytes += std::size_t{x.missing[counted].read_pages()} * storage::kPageSize;
    }
    if (bytes >= kMaxLookAheadBytes) return;
    const std::span<const std::string_view> arguments = x.requests.arguments_of(x.requests.requests[i]);
    const CommandEntry* entry = entry_of(x, arguments);
    if (entry == nullptr) continue;
    const Command& row = *entry->row;
    if (row.selects != nullptr) database = row.selects(arguments).value_or(database);
    if (database >= store_.engine().database_count()) return;
    ahead_keys_.clear();
    if (!entry->one_key || arguments.size() > 1) plan_keys(*entry, arguments, database, ahead_keys_);
    for (const PlannedKey& key : ahead_keys_) {
      const std::size_t heads = x.missing_heads.size();
      if (!runner_.ready(x, key)) x.looked_ahead = true;
      x.missing_heads.resize(heads);  // heads are read for one request alone
    }
  }
}

bool Dispatcher::run_handler(CommandBatch& x) {
  const std::size_t start = x.output->size();
  const CommandRunner::Outcome outcome = runner_.run(x, true, CommandRunner::ReplySize::kAsRoomIs);
  if (outcome == CommandRunner::Outcome::kReplied) {
    runner_.finish_reply(x, start);
    // Before the next client's command asks for room.
    if (x.output->size() - start > CommandBatch::kMaxUnsentWhenShort) x.output->charge();
  }
  // Also if the handler is to run again: it may have removed expired keys, and the log must have these effects before
  // those of other commands.
  runner_.commit(x, start);
  switch (outcome) {
    case CommandRunner::Outcome::kReplied:
      return true;
    case CommandRunner::Outcome::kMissing:
      x.wait = Wait::kFetch;
      x.rerun = true;
      return false;
    case CommandRunner::Outcome::kBlocks:
      blocking_.block(x);
      return false;
    case CommandRunner::Outcome::kTooMuch:
      x.wanted_for_values = std::max(x.wanted_for_values, x.fetched_records.bytes());
      x.wait = Wait::kMemory;
      x.rerun = true;
      return false;
  }
  return true;
}

// --- waiting

io::Task<> Dispatcher::wait(CommandBatch& x) {
  if (x.wait == Wait::kKeys) {
    co_await x.unblocked.wait();
    x.wait = Wait::kNothing;
    x.now_ms = clock_.wall_ms();
    co_return;
  }
  ++waiting_;
  const char* const event = x.must_end() ? "transaction-wait" : x.wait == Wait::kUnit ? "unit-wait" : nullptr;
  const std::int64_t begin_us = clock_.monotonic_us();
  switch (x.wait) {
    case Wait::kNothing:
    case Wait::kSent:  // the connection has waited
    case Wait::kKeys:
      break;
    case Wait::kServing:
      co_await blocking_.served().wait();
      break;
    case Wait::kUnit:
      co_await open_unit_.closed().wait();
      break;
    case Wait::kFetch:
      co_await wait_for_fetch(x);
      break;
    case Wait::kEviction:
      co_await clock_.sleep_ms(1);
      break;
    case Wait::kLogRoom:
      co_await wait_for_log_room();
      break;
    case Wait::kImage:
      co_await store_.engine().object_serialized().wait();
      break;
    case Wait::kMemory:
      co_await wait_for_memory(x);
      break;
    case Wait::kRoom:
      x.waited_for_room = true;
      co_await store_.engine().wait_for_room();
      x.unit_charge.resize(0);  // Admission asks again
      break;
    case Wait::kPause:
      co_await wait_for_pause(x);
      break;
    case Wait::kAsync:
      co_await wait_for_async(x);
      break;
    case Wait::kTurn:
      if (x.origin->is_client) {
        co_await clock_.sleep_us(0);
      } else {
        co_await clock_.yield();
      }
      break;
  }
  --waiting_;
  x.wait = Wait::kNothing;
  if (event != nullptr) accounting_.count_wait(event, clock_.monotonic_us() - begin_us, clock_.wall_ms());
  if (!x.must_end()) x.now_ms = clock_.wall_ms();  // time stands still inside a unit
}

io::Task<> Dispatcher::free_records(CommandBatch& x) {
  while (has_many_records(x)) {
    x.fetched_records.free_some(storage::FetchedRecords::kFreedAtOnce);
    co_await clock_.sleep_us(0);
  }
}

io::Task<> Dispatcher::wait_for_pause(CommandBatch& x) {
  ++pause_.waiting;
  x.session->paused = true;
  co_await pause_.ended().wait();
  x.session->paused = false;
  --pause_.waiting;
  x.fetched_records.clear();  // the store may have been reloaded during the wait
}

// What the request has read and taken is given back first: it asks for all that it needs at once.
io::Task<> Dispatcher::wait_for_memory(CommandBatch& x) {
  x.fetched_records.clear();
  x.fetched_records.unreserve();
  x.reserved.resize(0);
  x.call.copy.reset();
  const std::uint64_t bytes = x.wanted_for_reply + x.wanted_for_work + x.wanted_for_values;
  storage::MemoryQueue& queue = store_.memory_queue();
  const auto outcome =
      co_await queue.take(x.session->memory_place, x.reserved, storage::MemoryQueue::Lane::kOthers, bytes);
  switch (outcome) {
    case storage::MemoryQueue::Outcome::kTaken:
      x.fetched_records.reserve(x.reserved, x.wanted_for_values);
      if (!store_.loading()) co_await store_.engine().wait_for_eviction();
      break;
    case storage::MemoryQueue::Outcome::kTooLarge:
      x.error = "OOM the command needs " + std::to_string(bytes) + " bytes of memory at once, 'maxmemory' leaves " +
                std::to_string(queue.most());
      break;
    case storage::MemoryQueue::Outcome::kLeft:
      break;
  }
}

// After an error the read is repeated without the records of later requests: the error may be theirs.
io::Task<> Dispatcher::wait_for_fetch(CommandBatch& x) {
  const bool looked_ahead = std::exchange(x.looked_ahead, false);
  storage::Engine& engine = store_.engine();
  x.fetched_records.bound(x.transaction.active || store_.loading() ? nullptr : &store_.memory_queue());
  Result<void> fetched = co_await engine.fetch(x.missing, x.fetched_records);
  x.fetched_records.bound(nullptr);
  x.missing.clear();
  if (fetched.ok() && !x.missing_heads.empty()) fetched = co_await engine.fetch_heads(x.missing_heads, x.heads);
  x.missing_heads.clear();
  if (const std::uint64_t refused = x.fetched_records.take_refused_bytes(); fetched.ok() && refused > 0) {
    // What later requests need is no reason to wait.
    x.look_ahead = x.look_ahead && !looked_ahead;
    if (!looked_ahead) {
      x.wanted_for_values = x.fetched_records.bytes() + refused;
      co_await wait_for_memory(x);
    }
    co_return;
  }
  if (fetched.ok() && x.call.copy) co_await x.call.copy->make(clock_);
  if (fetched.ok()) co_return;
  if (looked_ahead) {
    x.look_ahead = false;
  } else {
    x.error = "IOERR " + fetched.error().message;
  }
}

// A unit with a part in the log must be committed.
io::Task<> Dispatcher::wait_for_log_room() {
  const Result<void> room = co_await store_.engine().wait_for_log_room();
  if (room.ok()) co_return;
  logger_.warning("The log has failed within a transaction: " + room.error().message +
                  ". The server stops: it cannot take back what the transaction has done, nor make it durable.");
  std::abort();
}

io::Task<> Dispatcher::wait_for_async(CommandBatch& x) {
  if (scripts_.runs(x)) {
    co_await scripts_.run_async(x);
    co_return;
  }
  if (x.transaction.active) {
    co_await transactions_.run_async(x);
    co_return;
  }
  const std::size_t start = co_await runner_.run_async(x, true);
  runner_.finish_reply(x, start);
  runner_.commit(x, start);
  ++x.next;
  blocking_.serve();
}

}  // namespace terrace
