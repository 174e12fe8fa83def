#include "src/execution/transaction_runner.h"

#include <algorithm>

#include "storage/base/limits.h"
#include "storage/base/mutant.h"

namespace terrace {
namespace {

using Wait = CommandBatch::Wait;

// After so many rounds of reading the unit is opened, even if records are missing.
constexpr unsigned kReadRounds = 2;
// Within an open unit so many calls are looked up together: about a fifth of a millisecond.
constexpr std::size_t kCallsPerGather = 512;

}  // namespace

void TransactionRunner::discard(Session& session) {
  session.transaction.end();
  watched_.unwatch(session);
}

bool TransactionRunner::begin(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments,
                              std::string_view raw) {
  Session& session = *x.session;
  x.transaction.begin(runner_.last_ns());
  x.transaction.exec.begin(exec, arguments, raw, session.database);
  x.call.begin(exec, arguments, raw, session.database);
  x.unit.begin();
  x.transaction.exec.keys = session.transaction.take_keys();
  x.transaction.call_keys = x.transaction.exec.keys.size();
  for (const WatchedKey* watched : session.watched) {
    x.transaction.exec.keys.push_back(
        {.key = storage::Key(watched->name), .database = watched->database, .only_read = true});
  }
  if (!session.transaction.open()) return refuse(x, [](Reply& reply) { reply.error("ERR EXEC without MULTI"); });
  if (session.transaction.refused()) {
    return refuse(x, [](Reply& reply) { reply.error("EXECABORT Transaction discarded because of previous errors."); });
  }
  return false;
}

template <typename Write>
bool TransactionRunner::refuse(CommandBatch& x, const Write& write_reply) {
  const std::size_t start = x.replies->size();
  runner_.answer(x, write_reply);
  if (x.session->transaction.open()) discard(*x.session);
  runner_.finish_reply(x, start);
  runner_.commit(x, start);
  x.transaction.end();
  return true;
}

bool TransactionRunner::read_ahead(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  if (!x.error.empty()) {
    // Reading for one call at a time shows which call's page is bad.
    run.alone = true;
    x.error.clear();
  }
  if (run.alone || run.rounds == kReadRounds) return true;
  if (!look_up(x)) {
    x.wait = Wait::kTurn;
    return false;
  }
  ++run.rounds;
  run.looked_up = 0;
  if (x.missing.empty()) return true;
  x.wait = Wait::kFetch;
  return false;
}

// Adds the records that the calls miss, up to a window, to x.missing. False: the slice of time is over.
bool TransactionRunner::look_up(CommandBatch& x) {
  constexpr std::size_t kKeysPerLook = 128;  // at the clock
  TransactionRun& run = x.transaction;
  runner_.begin_clock();
  const std::uint64_t end_ns = runner_.last_ns() + OpenUnit::kSliceNs;
  const std::uint64_t most_pages = runner_.window_bytes() / storage::kPageSize;
  if (run.looked_up == 0) {
    x.missing.clear();
    run.missing_pages = 0;
  }
  while (run.looked_up < run.call_keys && run.missing_pages < most_pages) {
    const std::size_t known = x.missing.size();
    runner_.ready(x, run.exec.keys[run.looked_up++]);
    for (const storage::Location location : std::span(x.missing).subspan(known)) {
      run.missing_pages += location.read_pages();
    }
    if (run.looked_up % kKeysPerLook != 0) continue;
    runner_.begin_clock();
    if (runner_.last_ns() > end_ns) return false;
  }
  return true;
}

bool TransactionRunner::run(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  runner_.begin_clock();
  bool answered = false;
  if (!run.opened && !open(x, answered)) return answered;
  const std::uint64_t end_ns = runner_.last_ns() + OpenUnit::kSliceNs;
  while (run.next < x.session->transaction.calls().size()) {
    if (runner_.last_ns() > end_ns && x.origin->is_client) return suspend(x, Wait::kTurn);
    run.replies_charge.resize(run.replies.capacity());
    x.unit_charge.resize(x.unit.memory_bytes());
    if (!runner_.engine().has_room() && run.moments < OpenUnit::kMostMoments) {
      ++run.moments;
      return suspend(x, Wait::kEviction);
    }
    if (x.unit.effects().text().size() > OpenUnit::kPieceBytes) {
      runner_.append_piece(x);
      return suspend(x, Wait::kLogRoom);
    }
    if (!run_next(x)) return false;
    ++run.next;
    x.rerun = false;
    x.error.clear();
  }
  finish(x);
  return true;
}

// Are the watched keys in memory? For the mutant that takes one that is not for a changed one.
bool TransactionRunner::watched_keys_ready(CommandBatch& x) const {
  const auto watched = std::span(x.transaction.exec.keys).subspan(x.transaction.call_keys);
  bool ready = true;
  for (const PlannedKey& key : watched) ready &= runner_.ready(x, key);
  x.missing.clear();
  return ready;
}

bool TransactionRunner::open(CommandBatch& x, bool& answered) {
  TransactionRun& run = x.transaction;
  if (WatchedKeys::broken(*x.session, x.now_ms) ||
      (storage::mutant(storage::Mutant::kEvictionBreaksWatch) && !watched_keys_ready(x))) {
    // The reply reveals that a watched key has changed: it waits until the change is durable.
    x.unit.depend_on(runner_.read_dependency(run.exec));
    answered = refuse(x, [](Reply& reply) { reply.null_array(); });
    return false;
  }
  if (!runner_.changeable(*x.origin, run.exec.keys)) {
    x.wait = Wait::kImage;
    return false;
  }
  run.opened = true;
  runner_.engine().begin_unit();
  x.replies = &run.replies;
  reserve_replies(x);
  if (runner_.wants_replies(*x.session)) {
    Reply(run.replies, x.session->protocol).array(x.session->transaction.calls().size());
  }
  return true;
}

// Most of what was read will be replied. Replies that grow in steps are copied at each step, all of them in one turn.
void TransactionRunner::reserve_replies(CommandBatch& x) {
  const std::size_t read = x.fetched_records.size();
  if (read == 0) return;
  const std::size_t values = std::max(read, x.session->transaction.calls().size());
  x.transaction.replies.reserve(
      std::min<std::size_t>(values * (x.fetched_records.bytes() / read), CommandRunner::kMaxWindowBytes));
}

// Inside the open unit: adds the records that the calls from the next one on miss, up to a window.
void TransactionRunner::gather_missing(CommandBatch& x) {
  const Transaction& transaction = x.session->transaction;
  const auto& calls = transaction.calls();
  const std::uint64_t most_pages = runner_.window_bytes() / storage::kPageSize;
  unsigned database = x.session->database;
  std::uint64_t pages = 0;
  std::size_t counted = 0;
  std::vector<PlannedKey> keys;
  const std::size_t end = std::min(calls.size(), x.transaction.next + kCallsPerGather);
  for (std::size_t i = x.transaction.next; i < end && pages < most_pages; ++i) {
    const auto arguments = transaction.arguments_of(calls[i]);
    const Command& row = *calls[i].entry->row;
    keys.clear();
    plan_keys(*calls[i].entry, arguments, database, keys);
    for (const PlannedKey& key : keys) runner_.ready(x, key);
    if (row.selects != nullptr) database = row.selects(arguments).value_or(database);
    for (; counted < x.missing.size(); ++counted) pages += x.missing[counted].read_pages();
  }
}

// The rules of ACL may have changed since the command was queued. False: the error is replied.
bool TransactionRunner::permit(CommandBatch& x, const Transaction::Queued& queued) {
  const Session& session = *x.session;
  if (session.user->unrestricted() || !x.origin->is_client) return true;
  const auto arguments = session.transaction.arguments_of(queued);
  const User::Denial denial = session.user->admit(session, *queued.entry, arguments, User::Place::kMulti);
  if (denial == User::Denial::kNone) return true;
  std::string_view reason = "no permission to execute the command or subcommand";
  if (denial == User::Denial::kKey) reason = "no permission to touch the specified keys";
  if (denial == User::Denial::kChannel) {
    reason = "no permission to access one of the channels used as arguments to the command";
  }
  runner_.answer(x, [&](Reply& reply) {
    reply.error(
        "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command "
        "is no longer allowed for the following reason: " +
        std::string(reason));
  });
  return false;
}

// Runs the next call. False: the unit waits.
bool TransactionRunner::run_next(CommandBatch& x) {
  if (scripts_.runs(x)) return run_script(x);
  TransactionRun& run = x.transaction;
  const Transaction& transaction = x.session->transaction;
  const Transaction::Queued& queued = transaction.calls()[run.next];
  if (!x.rerun) runner_.plan(x, *queued.entry, transaction.arguments_of(queued), queued.raw);
  if (!permit(x, queued)) return true;
  if (!x.error.empty() && (run.alone || run.read_for == run.next + 1)) {
    runner_.answer(x, [&](Reply& reply) { reply.error(x.error); });
    return true;
  }
  if (!x.error.empty()) run.alone = true;
  x.error.clear();
  if (!runner_.ready(x)) {
    x.missing.clear();
    if (run.frees_records || x.fetched_records.bytes() > runner_.window_bytes()) {
      // They belong to earlier calls.
      x.fetched_records.free_some(storage::FetchedRecords::kFreedAtOnce);
      run.frees_records = !x.fetched_records.empty();
      return suspend(x, Wait::kTurn);
    }
    if (run.alone) {
      runner_.ready(x);
    } else {
      gather_missing(x);
    }
    run.moments = 0;
    return suspend(x, Wait::kFetch);
  }
  if (queued.entry->row->run_async != nullptr) return suspend(x, Wait::kAsync);
  if (queued.entry->row->run_script != nullptr) return run_script(x);
  const std::size_t start = run.replies.size();
  const bool closed = x.session->close_after_reply;
  switch (runner_.run(x, false)) {
    case CommandRunner::Outcome::kReplied:
      withhold_unwanted(x, start, closed);
      return true;
    case CommandRunner::Outcome::kMissing:
      x.rerun = true;
      run.read_for = run.next + 1;  // the handler has asked for records of this call alone
      return suspend(x, Wait::kFetch);
    case CommandRunner::Outcome::kBlocks:
    case CommandRunner::Outcome::kTooMuch:
      break;
  }
  TERRACE_CHECK(false);  // a call of a transaction neither blocks nor waits for memory
  return true;
}

bool TransactionRunner::run_script(CommandBatch& x) {
  const std::size_t start = x.transaction.replies.size();
  if (!scripts_.run(x)) return suspend(x, x.wait);
  withhold_unwanted(x, start, x.session->close_after_reply);
  return true;
}

io::Task<> TransactionRunner::run_async(CommandBatch& x) {
  const bool closed = x.session->close_after_reply;
  const std::size_t start = co_await runner_.run_async(x, false);
  withhold_unwanted(x, start, closed);
  ++x.transaction.next;
}

// As in Redis, no reply is written to a client that wants none or that was to be closed before the call.
void TransactionRunner::withhold_unwanted(CommandBatch& x, std::size_t start, bool closed) {
  if (closed || !runner_.wants_replies(*x.session)) x.transaction.replies.resize(start);
}

bool TransactionRunner::suspend(CommandBatch& x, Wait wait) {
  x.wait = wait;
  if (!x.transaction.suspended) open_unit_.open(x);
  x.transaction.suspended = true;
  return false;
}

void TransactionRunner::finish(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  x.replies = &x.output->bytes();
  const std::size_t start = x.replies->size();
  x.unit.depend_on(runner_.read_dependency(run.exec));
  // Replies may be large: they are copied only if the output is not empty.
  start == 0 ? x.replies->swap(run.replies) : static_cast<void>(*x.replies += run.replies);
  std::swap(x.call, run.exec);
  runner_.begin_clock_at(run.begin_ns);
  runner_.account(x, start);
  discard(*x.session);
  const bool ended = x.unit.in_pieces();  // by the last piece
  runner_.commit(x, start);
  runner_.finish_reply(x, x.replies->size());
  x.now_ms = runner_.parts().clock.wall_ms();
  if (!ended) runner_.engine().end_unit();
  if (run.suspended) open_unit_.close();
  x.unit_charge.resize(0);
  run.end();
}

}  // namespace terrace
