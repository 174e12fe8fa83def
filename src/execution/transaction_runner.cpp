#include "src/execution/transaction_runner.h"

#include <algorithm>

#include "storage/base/limits.h"

namespace terrace {
namespace {

using Wait = CommandBatch::Wait;

// Rounds of reading before a unit is opened all the same.
constexpr unsigned kReadRounds = 3;
// What is read for one transaction at once: a share of the memory that records may take, within bounds.
constexpr std::uint64_t kWindowShare = 8;
constexpr std::uint64_t kMinWindowBytes = 2 << 20;
constexpr std::uint64_t kMaxWindowBytes = 64 << 20;
// So long an open unit runs before others, off its keys, have their turn.
constexpr std::uint64_t kSliceNs = 500'000;

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
  if (WatchedKeys::broken(session, x.now_ms)) {
    // The reply tells that a watched key has changed: it waits until the change is durable.
    x.unit.depend_on(runner_.read_dependency(x.transaction.exec));
    return refuse(x, [](Reply& reply) { reply.null_array(); });
  }
  return false;
}

template <typename Write>
bool TransactionRunner::refuse(CommandBatch& x, const Write& write_reply) {
  const std::size_t start = x.replies->size();
  runner_.answer(x, write_reply);
  if (x.session->transaction.open()) discard(*x.session);
  runner_.commit(x, start);
  runner_.finish_reply(x, start);
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
  for (const WatchedKey* watched : x.session->watched) keys.push_back({storage::Key(watched->name), watched->database});
}

std::uint64_t TransactionRunner::window_bytes() const {
  if (settings_.max_memory_bytes == 0) return kMaxWindowBytes;
  return std::clamp(static_cast<std::uint64_t>(settings_.max_memory_bytes) / kWindowShare, kMinWindowBytes,
                    kMaxWindowBytes);
}

bool TransactionRunner::step(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  runner_.begin_clock();
  if (!run.opened) {
    if (!read_before_opening(x)) return false;
    if (!runner_.changeable(*x.origin, run.exec.keys)) {
      x.wait = Wait::kImage;
      return false;
    }
    run.opened = true;
    run.header = runner_.wants_replies(*x.session);
    runner_.engine().begin_unit();
    x.replies = &run.replies;
  }
  const std::uint64_t end_ns = runner_.last_ns() + kSliceNs;
  while (run.next < x.session->transaction.calls().size()) {
    if (runner_.last_ns() > end_ns && x.origin->is_client) return suspend(x, Wait::kTurn);
    if (!run_next(x)) return false;
    ++run.next;
    x.rerun = false;
    x.fetch_error.clear();
  }
  finish(x);
  return true;
}

bool TransactionRunner::read_before_opening(CommandBatch& x) {
  TransactionRun& run = x.transaction;
  if (!x.fetch_error.empty()) {
    // Which call's page is bad shows when each reads its own.
    run.alone = true;
    x.fetch_error.clear();
    return true;
  }
  if (run.rounds == kReadRounds) return true;
  x.missing.clear();
  gather_missing(x);
  if (x.missing.empty()) return true;
  ++run.rounds;
  x.wait = Wait::kFetch;
  return false;
}

// What the calls from the next one on miss, up to a window.
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
    const bool overwrites = row.overwrites != nullptr && row.overwrites(arguments);
    for (const PlannedKey& key : keys) runner_.ready(x, key, overwrites);
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
  if (!x.fetch_error.empty() && run.alone) {
    runner_.answer(x, [&](Reply& reply) { reply.error("IOERR " + x.fetch_error); });
    return true;
  }
  if (!x.fetch_error.empty()) run.alone = true;
  x.fetch_error.clear();
  if (!runner_.ready(x)) {
    if (x.fetched_records.bytes() > window_bytes()) x.fetched_records.clear();
    x.missing.clear();
    run.alone ? static_cast<void>(runner_.ready(x)) : gather_missing(x);
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
      run.alone = true;  // what the handler asks for is this call's alone
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
  if (run.header) Reply(*x.replies, x.session->protocol).array(x.session->transaction.calls().size());
  *x.replies += run.replies;
  std::swap(x.call, run.exec);
  runner_.begin_clock_at(run.begin_ns);
  runner_.account(x, start);
  discard(*x.session);
  runner_.commit(x, start);
  runner_.finish_reply(x, x.replies->size());
  x.now_ms = runner_.parts().clock.wall_ms();
  runner_.engine().end_unit();
  if (run.suspended) open_unit_.close();
  run.end();
}

}  // namespace terrace
