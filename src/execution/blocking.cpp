#include "src/execution/blocking.h"

#include <algorithm>
#include <utility>

namespace terrace {
namespace {

// Deadlines are checked at least this often, so that the timer does not delay the end of the server.
constexpr std::int64_t kMaxLookUs = 100 * 1000;
// A client whose keys are being read gets so much more time.
constexpr std::int64_t kPutOffUs = 1000;

}  // namespace

// --- the beginning of a wait

void Blocking::block(CommandBatch& x) {
  x.wait = CommandBatch::Wait::kKeys;
  x.session->blocked = &blocked_.add(x, x.session->database, x.call.wait, clock_.monotonic_us());
  x.rewritten = std::move(x.call.wait.request);
  const std::size_t first = x.requests.requests[x.next].first;
  std::copy(x.rewritten.begin(), x.rewritten.end(), x.requests.arguments.begin() + static_cast<std::ptrdiff_t>(first));
  x.fetched_records.clear();  // the wait may be long, and the store may be reloaded during it
  watch_deadlines();
}

// --- serving

void Blocking::serve() {
  // serve_after_reading() continues itself; after the open unit's commit serve() is called again.
  if (reading_for_ != nullptr || open_unit_.active()) return;
  while (BlockedClient* client = blocked_.next()) {
    if (serve(*client)) continue;
    io::spawn(serve_after_reading());
    return;
  }
}

// True: the client was served, or keeps waiting. False: the records that x.missing names must be read first.
bool Blocking::serve(BlockedClient& client) {
  CommandBatch& x = *client.batch;
  const std::span<const std::string_view> arguments = x.requests.arguments_of(x.requests.requests[x.next]);
  x.now_ms = clock_.wall_ms();
  runner_.begin_clock();
  runner_.plan(x, *x.call.entry, arguments, x.call.raw);
  x.unit.begin();
  // The rules of ACL may have changed since the wait began.
  const User& user = *x.session->user;
  if (!user.unrestricted()) {
    const User::Denial denial = user.admit(*x.session, *x.call.entry, arguments, User::Place::kTopLevel);
    if (denial != User::Denial::kNone) {
      end_wait(x, [&](Reply& reply) { reply.error(user.error_text(denial, *x.call.entry)); });
      return true;
    }
  }
  if (!runner_.ready(x)) return false;
  if (!is_there(x, client) && !client.when_gone) {
    blocked_.pass_over(client);
    return true;
  }
  x.call.served = true;
  x.call.served_key = blocked_.turn_key();
  const std::size_t start = x.output->size();
  const CommandRunner::Outcome outcome = runner_.run(x, true);
  if (outcome == CommandRunner::Outcome::kReplied) runner_.finish_reply(x, start);
  runner_.commit(x, start);  // also if it was not served: expired keys may have been removed
  switch (outcome) {
    case CommandRunner::Outcome::kReplied:
      ++x.next;
      release(x);
      break;
    case CommandRunner::Outcome::kMissing:
      return false;
    case CommandRunner::Outcome::kBlocks:
      blocked_.pass_over(client);
      blocked_.plan_look(client, x.call.wait, clock_.monotonic_us());
      watch_deadlines();
      break;
    case CommandRunner::Outcome::kTooMuch:
      TERRACE_CHECK(false);  // such a call waits for no memory
  }
  return true;
}

// Does the ready key have a value of the type that the client waits for?
bool Blocking::is_there(const CommandBatch& x, const BlockedClient& client) {
  const storage::Key key(blocked_.turn_key());
  const storage::Record* record =
      runner_.engine().database(client.database).find(key, client.batch->fetched_records, storage::Access::kPeek);
  if (record == nullptr || record->expired(x.now_ms)) {
    blocked_.key_missing();
    return false;
  }
  return record->type() == client.type;
}

io::Task<> Blocking::serve_after_reading() {
  const io::Gate::Holder holder = tasks_.hold();
  while (BlockedClient* client = blocked_.next()) {
    if (!open_unit_.active() && serve(*client)) continue;
    CommandBatch& x = *client->batch;
    client->held = true;
    reading_for_ = &x;
    while (open_unit_.active()) co_await open_unit_.closed().wait();
    const Result<void> fetched = co_await runner_.engine().fetch(x.missing, x.fetched_records);
    client->held = false;
    x.missing.clear();
    if (x.session->closing) {
      release(x);
    } else if (!fetched.ok()) {
      end_wait(x, [&](Reply& reply) { reply.error("IOERR " + fetched.error().message); });
    }
  }
  reading_for_ = nullptr;
  served_.notify();
}

bool Blocking::comes_later(const CommandBatch& x, const Call& call) const {
  if (reading_for_ == nullptr && !(open_unit_.active() && blocked_.has_ready())) return false;
  const Command& row = call.row();
  const std::uint32_t flags = row.runs_queue ? row.flags | x.session->transaction.flags() : row.flags;
  if ((flags & kKeysUnknown) && (flags & (kWrite | kMayWrite))) return true;
  return std::any_of(call.keys.begin(), call.keys.end(), [&](const PlannedKey& planned) {
    if (blocked_.is_ready(planned.database, planned.key.name)) return true;
    return reading_for_ != nullptr &&
           std::any_of(reading_for_->call.keys.begin(), reading_for_->call.keys.end(), [&](const PlannedKey& read) {
             return read.database == planned.database && read.key.name == planned.key.name;
           });
  });
}

// --- other ends of a wait of a wait

template <typename Write>
void Blocking::end_wait(CommandBatch& x, const Write& write_reply) {
  x.now_ms = clock_.wall_ms();
  x.unit.begin();
  x.call.begin_run();
  const std::size_t start = x.output->size();
  runner_.answer(x, write_reply);
  runner_.finish_reply(x, start);
  runner_.commit(x, start);
  ++x.next;
  release(x);
}

bool Blocking::unblock(Session& session, Unblocking how) {
  if (session.blocked == nullptr || session.blocked->held) return false;
  end_wait(*session.blocked->batch, [&](Reply& reply) {
    if (how == Unblocking::kTimeout) return reply.null_array();
    reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  });
  return true;
}

// A client whose keys are being read is removed after the read.
void Blocking::leave(Session& session) {
  if (session.blocked != nullptr && !session.blocked->held) release(*session.blocked->batch);
}

// Ends the wait. The batch continues at the end of the turn, not inside the command that made the key ready.
void Blocking::release(CommandBatch& x) {
  blocked_.remove(*x.session->blocked);
  x.session->blocked = nullptr;
  x.session->last_interaction_ms = clock_.wall_ms();
  x.rerun = false;
  x.error.clear();
  x.missing.clear();
  unblocked_.push_back(&x);
  // If this turn's hooks have run already, a timer makes a further turn.
  if (!turn_made_) io::spawn(make_turn());
}

io::Task<> Blocking::make_turn() {
  const io::Gate::Holder holder = tasks_.hold();
  turn_made_ = true;
  co_await clock_.sleep_us(0);
  turn_made_ = false;
}

void Blocking::resume_unblocked() {
  while (!unblocked_.empty()) {
    const std::vector<CommandBatch*> resumed = std::exchange(unblocked_, {});
    for (CommandBatch* batch : resumed) batch->unblocked.notify();
  }
}

// --- time

// Schedules end_overdue() for the earliest deadline. Of several scheduled runs only the last one schedules the next.
void Blocking::watch_deadlines() {
  const std::int64_t earliest_us = blocked_.earliest_deadline_us();
  if (earliest_us == io::kNever) return;
  const std::int64_t due_us = std::min(earliest_us, clock_.monotonic_us() + kMaxLookUs);
  if (due_us >= next_look_us_) return;
  next_look_us_ = due_us;
  io::spawn(end_overdue(due_us));
}

io::Task<> Blocking::end_overdue(std::int64_t due_us) {
  const io::Gate::Holder holder = tasks_.hold();
  co_await clock_.sleep_us(due_us - clock_.monotonic_us());
  if (due_us != next_look_us_) co_return;
  next_look_us_ = io::kNever;
  const std::int64_t now_us = clock_.monotonic_us();
  while (BlockedClient* client = blocked_.overdue(now_us)) {
    if (client->end_us > now_us && !client->held) {
      blocked_.look_now(*client);
    } else if (!unblock(*client->batch->session, Unblocking::kTimeout)) {
      blocked_.put_off(*client, now_us + kPutOffUs);
    }
  }
  serve();
  watch_deadlines();
}

}  // namespace terrace
