#include "src/execution/transaction_runner.h"

#include <algorithm>

#include "storage/base/limits.h"
#include "storage/base/mutant.h"

namespace terrace {
namespace {

using Wait = CommandBatch::Wait;

// Rounds of reading before a unit is opened all the same.
constexpr unsigned kReadRounds = 2;
// What is read for one transaction at once: a share of the memory that records may take, within bounds.
constexpr std::uint64_t kWindowShare = 8;
constexpr std::uint64_t kMinWindowBytes = 2 << 20;
constexpr std::uint64_t kMaxWindowBytes = 64 << 20;
// So long an open unit runs before others, off its keys, have their turn.
constexpr std::uint64_t kSliceNs = 500'000;
// Effects that a unit gathers before it gives them to the log, so that it may do more than memory holds.
constexpr std::size_t kPieceBytes = 4 << 20;

}  // namespace

void TransactionRunner::discard(Session& session) {
  session.transaction.end();
  watched_.unwatch(session);
}

bool TransactionRunner::begin(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments,
                              std::string_view raw) {
  Session& session = *x.session;
  x.transaction.begin(runner_.last_ns());
  x.transaction.exec.begin(exec, arguments, raw);
  x.call.begin(exec, arguments, raw);
  x.unit.begin();
  plan_all(x);
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

// The keys of all calls, each in the database that the SELECTs among them lead to, and those that are watched.
void TransactionRunner::plan_all(CommandBatch& x) {
  std::vector<PlannedKey>& keys = x.transaction.exec.keys;
  const Transaction& transaction = x.session->transaction;
  unsigned database = x.session->database;
  for (const Transaction::Queued& call : transaction.calls()) {
    const auto arguments = transaction.arguments_of(call);
    plan_keys(*call.entry, arguments, database, keys);
    if (call.entry->row->selects != nullptr) database = call.entry->row->selects(arguments).value_or(database);
  }
  x.transaction.call_keys = keys.size();
  for (const WatchedKey* watched : x.session->watched)
    keys.push_back({storage::Key(watched->name), watched->database, false});
}

std::uint64_t TransactionRunner::window_bytes() const {
  if (settings_.max_memory_bytes == 0) return kMaxWindowBytes;
  return std::clamp(static_cast<std::uint64_t>(settings_.max_memory_bytes) / kWindowShare, kMinWindowBytes,
                    kMaxWindowBytes);
}

bool TransactionRunner::read_ahead(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  if (!x.fetch_error.empty()) {
    // Which call's page is bad shows when each reads its own.
    run.alone = true;
    x.fetch_error.clear();
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

// Adds what the calls miss, up to a window, to x.missing. False: the slice of time is over.
bool TransactionRunner::look_up(CommandBatch& x) {
  constexpr std::size_t kKeysPerLook = 128;  // at the clock
  TransactionRun& run = x.transaction;
  runner_.begin_clock();
  const std::uint64_t end_ns = runner_.last_ns() + kSliceNs;
  const std::uint64_t most_pages = window_bytes() / storage::kPageSize;
  if (run.looked_up == 0) x.missing.clear();
  while (run.looked_up < run.call_keys && x.missing.size() < most_pages) {
    runner_.ready(x, run.exec.keys[run.looked_up++]);
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
  const std::uint64_t end_ns = runner_.last_ns() + kSliceNs;
  while (run.next < x.session->transaction.calls().size()) {
    if (runner_.last_ns() > end_ns && x.origin->is_client) return suspend(x, Wait::kTurn);
    if (x.unit.effects().text().size() > kPieceBytes) {
      runner_.append_piece(x);
      return suspend(x, Wait::kLogRoom);
    }
    if (!run_next(x)) return false;
    run.replies_charge.resize(run.replies.capacity());
    x.unit_charge.resize(x.unit.memory_bytes());
    ++run.next;
    x.rerun = false;
    x.fetch_error.clear();
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
    // The reply tells that a watched key has changed: it waits until the change is durable.
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
  if (runner_.wants_replies(*x.session)) {
    Reply(run.replies, x.session->protocol).array(x.session->transaction.calls().size());
  }
  return true;
}

// Within the open unit: what the calls from the next one on miss, up to a window.
void TransactionRunner::gather_missing(CommandBatch& x) {
  const Transaction& transaction = x.session->transaction;
  const auto& calls = transaction.calls();
  const std::uint64_t most_pages = window_bytes() / storage::kPageSize;
  unsigned database = x.session->database;
  std::uint64_t pages = 0;
  std::size_t counted = 0;
  std::vector<PlannedKey> keys;
  for (std::size_t i = x.transaction.next; i < calls.size() && pages < most_pages; ++i) {
    const auto arguments = transaction.arguments_of(calls[i]);
    const Command& row = *calls[i].entry->row;
    keys.clear();
    plan_keys(*calls[i].entry, arguments, database, keys);
    for (const PlannedKey& key : keys) runner_.ready(x, key);
    if (row.selects != nullptr) database = row.selects(arguments).value_or(database);
    for (; counted < x.missing.size(); ++counted) pages += x.missing[counted].read_pages();
  }
}

// One call. False: the unit waits.
bool TransactionRunner::run_next(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  const Transaction& transaction = x.session->transaction;
  const Transaction::Queued& queued = transaction.calls()[run.next];
  if (!x.rerun) runner_.plan(x, *queued.entry, transaction.arguments_of(queued), queued.raw);
  if (!x.fetch_error.empty() && (run.alone || run.read_for == run.next + 1)) {
    runner_.answer(x, [&](Reply& reply) { reply.error("IOERR " + x.fetch_error); });
    return true;
  }
  if (!x.fetch_error.empty()) run.alone = true;
  x.fetch_error.clear();
  if (!runner_.ready(x)) {
    if (x.fetched_records.bytes() > window_bytes()) x.fetched_records.clear();  // nothing was read for what follows
    x.missing.clear();
    if (run.alone) {
      runner_.ready(x);
    } else {
      gather_missing(x);
    }
    return suspend(x, Wait::kFetch);
  }
  if (queued.entry->row->run_async != nullptr) return suspend(x, Wait::kAsync);
  const std::size_t start = run.replies.size();
  const bool closed = x.session->close_after_reply;
  switch (runner_.run(x, false)) {
    case CommandRunner::Outcome::kReplied:
      // As in Redis nothing is written to a client that wants no replies, or that is to be closed.
      if (closed || !runner_.wants_replies(*x.session)) run.replies.resize(start);
      return true;
    case CommandRunner::Outcome::kMissing:
      x.rerun = true;
      run.read_for = run.next + 1;  // what the handler asks for is this call's alone
      return suspend(x, Wait::kFetch);
    case CommandRunner::Outcome::kBlocks:
      break;
  }
  TERRACE_CHECK(false);  // Context::block() keeps nobody waiting within a transaction
  return true;
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
  // Replies may be large: they are copied only where others stand before them.
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
