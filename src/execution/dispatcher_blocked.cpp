// Dispatcher: clients that wait for keys: how their wait begins, how they are served, how else it ends.
//
// As in redis-server 7.0, who waits is served after the command that made the key ready and before any other: the
// blocked command's handler runs again with that key as its only candidate. Where something must be read for that
// first, other commands go on meanwhile, but for those on keys whose clients have not been served.
#include <algorithm>
#include <utility>

#include "io/reactor.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/runtime/monotonic.h"
#include "src/runtime/store.h"

namespace terrace {
namespace {

// The next look at deadlines is never further away, so that the server's end need not wait long for it.
constexpr std::int64_t kMaxLookUs = 100 * 1000;
// When somebody is being read for whose time is over.
constexpr std::int64_t kPutOffUs = 1000;

}  // namespace

// --- the wait's beginning

void Dispatcher::block(Execution& x) {
  x.wait = Execution::Wait::kKeys;
  x.client->last_command = x.entry;
  x.client->blocked = &blocked_.add(x, x.client->database, x.state.wait, services_.reactor.monotonic_us());
  x.rewritten = std::move(x.state.wait.request);
  const std::size_t first = x.batch.requests[x.next].first;
  std::copy(x.rewritten.begin(), x.rewritten.end(), x.batch.arguments.begin() + static_cast<std::ptrdiff_t>(first));
  x.state.fetched_records.clear();  // not for so long, and the store may be reloaded meanwhile
  watch_deadlines();
}

// --- serving

void Dispatcher::serve_blocked() {
  if (read_for_ != nullptr) return;  // serve_after_reading() goes on with it
  while (BlockedClient* client = blocked_.next()) {
    if (serve(*client)) continue;
    io::spawn(serve_after_reading());
    return;
  }
}

// True: its turn is over. False: what x.state.missing names must be read first.
bool Dispatcher::serve(BlockedClient& client) {
  Execution& x = *client.execution;
  const std::span<const std::string_view> arguments = x.batch.arguments_of(x.batch.requests[x.next]);
  x.now_ms = services_.reactor.wall_ms();
  last_ns_ = monotonic_ns();
  x.state.begin_command();
  x.state.keys.clear();
  collect_keys(*x.entry, arguments, x.state.keys);
  if (!all_ready(x, arguments)) return false;
  if (!is_there(x, client) && !client.when_gone) {
    blocked_.pass_over(client);
    return true;
  }
  x.state.served = true;
  x.state.served_key = blocked_.turn_key();
  const std::size_t start = x.output->size();
  switch (call_handler(x, arguments)) {
    case Outcome::kReplied:
      finish(x, start);
      ++x.next;
      release(x);
      break;
    case Outcome::kMissing:
      return false;
    case Outcome::kBlocks:
      blocked_.pass_over(client);
      break;
  }
  return true;
}

// Whether the key whose turn it is holds what the client waits for.
bool Dispatcher::is_there(const Execution& x, const BlockedClient& client) {
  const storage::Key key(blocked_.turn_key());
  const storage::Record* record = services_.store.engine()
                                      .database(client.database)
                                      .find(key, client.execution->state.fetched_records, storage::Access::kPeek);
  const bool expired = record != nullptr && record->has(storage::Record::kHasExpiry) &&
                       record->expiry_ms() != storage::kNoExpiry && record->expiry_ms() < x.now_ms;
  if (record == nullptr || expired) blocked_.key_missing();
  return record != nullptr && !expired && record->type() == client.type;
}

io::Task<> Dispatcher::serve_after_reading() {
  const io::Gate::Holder holder = tasks_.hold();
  ++waiting_;
  while (BlockedClient* client = blocked_.next()) {
    if (serve(*client)) continue;
    Execution& x = *client->execution;
    client->held = true;
    read_for_ = &x;
    const Result<void> fetched = co_await services_.store.engine().fetch(x.state.missing, x.state.fetched_records);
    client->held = false;
    x.state.missing.clear();
    if (x.client->closing) {
      release(x);
    } else if (!fetched.ok()) {
      end_wait(x, [&](Reply& reply) { reply.error("IOERR " + fetched.error().message); });
    }
  }
  read_for_ = nullptr;
  --waiting_;
  served_.notify();
}

// A command on what blocked clients come first at.
bool Dispatcher::must_wait_its_turn(const Execution& x) const {
  const unsigned database = x.client->database;
  return std::any_of(x.state.keys.begin(), x.state.keys.end(), [&](const storage::Key& key) {
    if (blocked_.is_ready(database, key.name)) return true;
    return read_for_->client->database == database &&
           std::any_of(read_for_->state.keys.begin(), read_for_->state.keys.end(),
                       [&](const storage::Key& read) { return read.name == key.name; });
  });
}

// --- other ends

template <typename Write>
void Dispatcher::end_wait(Execution& x, const Write& write_reply) {
  last_ns_ = monotonic_ns();
  x.now_ms = services_.reactor.wall_ms();
  x.state.begin_command();
  const std::size_t start = x.output->size();
  Reply reply(x.output->bytes(), x.client->protocol);
  write_reply(reply);
  finish(x, start);
  ++x.next;
  release(x);
}

bool Dispatcher::unblock(Client& client, Unblocking how) {
  if (client.blocked == nullptr || client.blocked->held) return false;
  end_wait(*client.blocked->execution, [&](Reply& reply) {
    if (how == Unblocking::kTimeout) return reply.null_array();
    reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  });
  return true;
}

// One that is being read for leaves when that has ended.
void Dispatcher::leave(Client& client) {
  if (client.blocked != nullptr && !client.blocked->held) release(*client.blocked->execution);
}

// It is blocked no more. Its batch goes on at the end of the turn: not within the command that it owes this to.
void Dispatcher::release(Execution& x) {
  blocked_.remove(*x.client->blocked);
  x.client->blocked = nullptr;
  x.client->last_interaction_ms = services_.reactor.wall_ms();
  x.rerun = false;
  x.fetch_error.clear();
  x.state.missing.clear();
  unblocked_.push_back(&x);
  // Behind the hooks of this turn it would wait for whatever happens next.
  if (services_.reactor.turn_time_us() == resumed_at_us_) io::spawn(make_turn());
}

io::Task<> Dispatcher::make_turn() {
  const io::Gate::Holder holder = tasks_.hold();
  co_await services_.reactor.sleep_us(0);
}

void Dispatcher::resume_unblocked() {
  while (!unblocked_.empty()) {
    const std::vector<Execution*> resumed = std::exchange(unblocked_, {});
    for (Execution* execution : resumed) execution->unblocked.notify();
  }
  resumed_at_us_ = services_.reactor.turn_time_us();
}

// --- time

// Sees to it that end_overdue() runs in time. Only the last look that was asked for asks for further ones.
void Dispatcher::watch_deadlines() {
  const std::int64_t earliest_us = blocked_.earliest_deadline_us();
  if (earliest_us == BlockedClient::kNever) return;
  const std::int64_t due_us = std::min(earliest_us, services_.reactor.monotonic_us() + kMaxLookUs);
  if (due_us >= next_look_us_) return;
  next_look_us_ = due_us;
  io::spawn(end_overdue(due_us));
}

io::Task<> Dispatcher::end_overdue(std::int64_t due_us) {
  const io::Gate::Holder holder = tasks_.hold();
  co_await services_.reactor.sleep_us(due_us - services_.reactor.monotonic_us());
  if (due_us != next_look_us_) co_return;
  next_look_us_ = BlockedClient::kNever;
  const std::int64_t now_us = services_.reactor.monotonic_us();
  while (BlockedClient* client = blocked_.overdue(now_us)) {
    if (!unblock(*client->execution->client, Unblocking::kTimeout)) blocked_.put_off(*client, now_us + kPutOffUs);
  }
  watch_deadlines();
}

}  // namespace terrace
