#include "src/execution/script_run.h"

#include "src/execution/open_unit.h"
#include "src/execution/write_errors.h"

namespace terrace {
namespace {

using Wait = CommandBatch::Wait;

}  // namespace

std::int64_t ScriptRun::running_ms() const {
  return batch_ == nullptr ? 0
                           : static_cast<std::int64_t>((runner_.parts().clock.monotonic_ns() - begin_ns_) / 1'000'000);
}

// The batch runs the called commands in place of the one that runs the script, from the first call to the reply, and its
// own while it waits.
void ScriptRun::exchange_call() {
  std::swap(batch_->call, call_);
  calling_ = !calling_;
  batch_->session = calling_ ? &session_ : caller_;
  if (calling_) caller_replies_ = batch_->replies;
  batch_->replies = calling_ ? &replies_ : caller_replies_;
}

std::string_view ScriptRun::call(std::span<const std::string_view> arguments) {
  constexpr std::size_t kKeptReply = 64 << 10;
  if (replies_.capacity() > kKeptReply) std::string().swap(replies_);
  replies_.clear();
  CommandEntry* const entry = entry_of(arguments);
  if (!is_admitted(entry, arguments)) return replies_;
  keep_within_memory();
  if (!calling_) exchange_call();
  runner_.plan(*batch_, *entry, arguments, {});
  runner_.begin_clock();
  run_planned();
  return replies_;
}

// A container without a subcommand that it knows is no command.
CommandEntry* ScriptRun::entry_of(std::span<const std::string_view> arguments) const {
  CommandEntry* const entry = commands_.find(arguments);
  const bool known = entry != nullptr && (entry->subcommands.empty() || arguments.size() == 1);
  return known ? entry : nullptr;
}

void ScriptRun::refuse(CommandEntry* entry, std::string_view error) {
  Reply(replies_, session_.protocol).error(error);
  runner_.count_error(replies_);
  if (entry != nullptr) ++entry->usage.rejected;
}

// As in Redis, an error that comes from a call is one failure each, others are one together.
void ScriptRun::note_error(std::string_view text, bool counted) {
  if (counted) {
    ++counted_errors_;
    return;
  }
  own_errors_ = true;
  runner_.count_error("-" + std::string(text) + "\r\n");
}

bool ScriptRun::is_admitted(CommandEntry* entry, std::span<const std::string_view> arguments) {
  if (entry == nullptr) {
    refuse(nullptr, "ERR Unknown Redis command called from script");
    return false;
  }
  const Command& row = *entry->row;
  const int count = static_cast<int>(arguments.size());
  if (row.arity > 0 ? count != row.arity : count < -row.arity) {
    refuse(entry, "ERR Wrong number of args calling Redis command from script");
    return false;
  }
  const bool blocks = (row.flags & kBlocking) && row.run != nullptr;
  const bool denied = (row.flags & kNoScript) && !(blocking_allowed_ && blocks);
  if (denied) {
    refuse(entry, "ERR This Redis command is not allowed from script");
    return false;
  }
  if (const User& user = *caller_->user; !user.unrestricted()) {
    const User::Denial denial = user.admit(*caller_, *entry, arguments, User::Place::kScript);
    if (denial != User::Denial::kNone) {
      constexpr std::string_view kCode = "NOPERM ";
      refuse(entry, "NOPERM ACL failure in script: " + user.error_text(denial, *entry).substr(kCode.size()));
      return false;
    }
  }
  if (const std::string error = write_error(row); !error.empty()) {
    refuse(entry, error);
    return false;
  }
  return true;
}

// What a script changes is admitted before its first change. As in Redis, a read-only script does not publish.
std::string ScriptRun::write_error(const Command& row) const {
  if (rules.no_writes && (row.flags & (kWrite | kMayWrite))) {
    return "ERR Write commands are not allowed from read-only scripts.";
  }
  if (!(row.flags & kWrite)) return {};
  if (changed()) return {};
  const storage::Engine& engine = runner_.engine();
  const bool grows = (row.flags & kDenyOom) != 0;
  if (grows && !rules.allow_oom && engine.out_of_memory()) return std::string(kOutOfMemoryError);
  if (!settings_.replica_of.empty()) return std::string(kReadOnlyReplicaError);
  if (engine.unhindered()) return {};
  const Result<void> writable = engine.writable(grows);
  return writable.ok() ? std::string() : refused_write_error(writable.error());
}

// As in a transaction: see TransactionRunner::run.
void ScriptRun::keep_within_memory() {
  CommandBatch& x = *batch_;
  x.unit_charge.resize(x.unit.memory_bytes());
  while (!runner_.engine().has_room() && moments_ < OpenUnit::kMostMoments) {
    ++moments_;
    suspend(Wait::kEviction);
  }
  if (x.unit.effects().text().size() > OpenUnit::kPieceBytes) {
    runner_.append_piece(x);
    suspend(Wait::kLogRoom);
  }
}

void ScriptRun::run_planned() {
  CommandBatch& x = *batch_;
  const Command& row = x.call.row();
  while (true) {
    if (!x.error.empty()) {
      runner_.answer(x, [&](Reply& reply) { reply.error(x.error); });
      x.error.clear();
      return;
    }
    if (!x.call.keys.empty() && !runner_.ready(x)) {
      moments_ = 0;
      if (x.fetched_records.bytes() > runner_.window_bytes() || frees_records_) {
        // They belong to earlier calls.
        x.missing.clear();
        x.fetched_records.free_some(storage::FetchedRecords::kFreedAtOnce);
        frees_records_ = !x.fetched_records.empty();
        suspend(Wait::kTurn);
        continue;
      }
      suspend(Wait::kFetch);
      continue;
    }
    if ((row.flags & (kWrite | kMayWrite)) && !runner_.changeable(*x.origin, x.call.keys)) {
      suspend(Wait::kImage);
      continue;
    }
    if (row.run_async != nullptr) return suspend(Wait::kAsync);
    switch (runner_.run(x, false)) {
      case CommandRunner::Outcome::kReplied:
        return;
      case CommandRunner::Outcome::kMissing:
        suspend(Wait::kFetch);
        continue;
      case CommandRunner::Outcome::kBlocks:
      case CommandRunner::Outcome::kTooMuch:
        TERRACE_CHECK(false);  // a call of a unit neither blocks nor waits for memory
    }
  }
}

// Leaves the stack until the batch has waited.
void ScriptRun::suspend(Wait wait) {
  batch_->wait = wait;
  const bool calling = calling_;
  if (calling) exchange_call();
  fiber_->leave();
  if (calling) exchange_call();
  slice_end_ns_ = runner_.parts().clock.monotonic_ns() + OpenUnit::kSliceNs;
}

bool ScriptRun::give_way() {
  if (killed_) return false;
  const std::uint64_t now_ns = runner_.parts().clock.monotonic_ns();
  if (now_ns <= slice_end_ns_) return true;
  suspend(Wait::kTurn);
  return !killed_;
}

}  // namespace terrace
