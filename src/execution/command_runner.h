// CommandRunner: the steps that every execution of a command has, for a client, in a transaction, for a blocked client
// and in the log's replay: plan the call, check that its keys are resident, run its handler, commit its unit.
//
// A unit: Unit::begin(); for each call: plan(), ready() and Engine::fetch() until ready() returns true, run() and
// Engine::fetch() until run() does not return kMissing; commit().
// Ownership: borrows the parts it uses. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/clock.h"
#include "src/execution/call_accounting.h"
#include "src/execution/command_batch.h"
#include "src/execution/context.h"
#include "src/execution/effect_log.h"
#include "src/runtime/logger.h"
#include "src/runtime/store.h"

namespace terrace {

class CommandRunner {
 public:
  CommandRunner(const ContextParts& parts, OpenUnit& open_unit, CallAccounting& accounting, const Settings& settings,
                Logger& logger)
      : parts_(parts),
        open_unit_(open_unit),
        accounting_(accounting),
        settings_(settings),
        logger_(logger),
        random_state_(parts.clock.monotonic_ns()) {}

  // --- one call
  void plan(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw);
  // Are all keys of the planned call resident? False: appends the missing records to x.missing.
  bool ready(CommandBatch& x) const;
  // The same for one key.
  bool ready(CommandBatch& x, const PlannedKey& key) const;
  // False: a checkpoint is copying the large object of one of these keys.
  bool changeable(const Origin& origin, const std::vector<PlannedKey>& keys) const;

  enum class Outcome : std::uint8_t {
    kReplied,
    kMissing,  // a record must be read or an object copied first; only expired keys may have been changed
    kBlocks,   // the command waits for keys; only expired keys may have been changed
    kTooMuch,  // there is no memory for the call's reply or work now: x.wanted_for_reply, x.wanted_for_work
  };
  // What the reply of a call may take.
  enum class ReplySize : std::uint8_t {
    kAny,      // up to what no reply may exceed; beyond it the call's reply is an error
    kAsRoomIs  // what is free at once, or what the call has taken
  };
  // Appends the reply to *x.replies. `alone`: the unit has no other call.
  Outcome run(CommandBatch& x, bool alone, ReplySize size = ReplySize::kAny);
  // Runs a handler that may suspend. Returns where its reply begins in *x.replies.
  io::Task<std::size_t> run_async(CommandBatch& x, bool alone);
  // Writes the reply of a call whose handler does not run. The call counts as one that has run.
  template <typename Write>
  void answer(CommandBatch& x, const Write& write_reply) {
    begin_clock();
    const std::size_t start = x.replies->size();
    Reply reply(*x.replies, x.session->protocol);
    write_reply(reply);
    account(x, start);
  }

  // Does the session want the reply of the running command (CLIENT REPLY OFF, SKIP)?
  static bool wants_replies(const Session& session) {
    return session.reply_mode != ReplyMode::kOff && session.reply_mode != ReplyMode::kSkip;
  }
  // Writes the reply of a call that is a script, within the bounds of a reply.
  template <typename Write>
  void answer_within_bounds(CommandBatch& x, const Write& write_reply) {
    const ReplyBounding bounding(*this, x, ReplySize::kAny);
    Reply reply(*x.replies, x.session->protocol, bounding);
    write_reply(reply);
    if (reply.dropped()) end_too_large(x, reply, ReplySize::kAny);
  }
  // What is read together for one unit: a share of the memory, within bounds.
  std::uint64_t window_bytes() const;

  // The reply of a command stands from `start` on. Removes it if the session does not want it.
  void finish_reply(CommandBatch& x, std::size_t start) {
    if (x.session->reply_mode != ReplyMode::kOn) withhold_reply(x, start);
  }

  // --- a unit's end
  // Appends the unit's effects to the log, tells the observers, and gates the replies in x.output from `start` on.
  void commit(CommandBatch& x, std::size_t start);

  // When the log is durable up to this position, all that the call has read is durable.
  std::uint64_t read_dependency(const Call& call) const;

  // Appends the effects of an open unit so far to the log. Nothing else may be appended until the unit is committed.
  void append_piece(CommandBatch& x);

  // --- calls that do not run
  void reject(CommandBatch& x, CommandEntry* entry, std::string_view error);

  // The time of the next call is measured from now.
  // The command that runs a script is shown by MONITOR before the script's calls, as in Redis.
  void note_script(CommandBatch& x) const {
    if (parts_.listeners.monitored()) parts_.listeners.note_command(x.unit, *x.session, x.call);
  }
  void begin_clock() { last_ns_ = parts_.clock.monotonic_ns(); }
  void begin_clock_at(std::uint64_t begin_ns) { last_ns_ = begin_ns; }
  std::uint64_t last_ns() const { return last_ns_; }
  std::uint64_t turn() const { return turn_; }
  void account(CommandBatch& x, std::size_t start);
  // The same of a script whose reply has these many failures, which have been counted as errors.
  void account_script(CommandBatch& x, std::size_t start, std::uint64_t failures);
  // Counts an error that is not the reply of a call.
  void count_error(std::string_view reply) { accounting_.count_error(reply); }

  void end_turn() {
    ++turn_;
    log_.end_turn();
  }
  // The engine was opened again: positions of its earlier log mean nothing.
  void forget_positions() {
    keyspace_position_ = 0;
    log_.end_turn();
  }
  storage::Engine& engine() const { return parts_.store.engine(); }
  const ContextParts& parts() const { return parts_; }

  static constexpr std::uint64_t kMinWindowBytes = 2 << 20;
  static constexpr std::uint64_t kMaxWindowBytes = 64 << 20;

 private:
  // What a call's reply may have: asked for while the handler runs.
  class ReplyBounding final : public Reply::Bounding {
   public:
    ReplyBounding(const CommandRunner& runner, const CommandBatch& batch, ReplySize size)
        : runner_(runner),
          batch_(batch),
          size_(size),
          unsent_(batch.output->size()),
          gathered_(batch.transaction.replies.size()) {}
    Reply::Bounds bounds() const override { return runner_.reply_bounds(batch_, size_, unsent_, gathered_); }

   private:
    const CommandRunner& runner_;
    const CommandBatch& batch_;
    ReplySize size_;
    std::size_t unsent_;    // before this reply
    std::size_t gathered_;  // from a transaction's earlier calls
  };

  Reply::Bounds reply_bounds(const CommandBatch& x, ReplySize size, std::size_t unsent, std::size_t gathered) const;
  std::size_t output_limit_left(const Session& session, std::size_t unsent) const;
  Outcome end_too_large(CommandBatch& x, Reply& reply, ReplySize size);
  static void gather_renamed(CommandBatch& x);
  // inline: steps of run() and commit(), which each call passes.
  inline void gather_effect(CommandBatch& x, bool alone);
  inline std::uint64_t append_effects(Unit& unit);
  inline void tell_observers(const CommandBatch& x) const;
  inline void gate(CommandBatch& x, std::size_t start, std::uint64_t position);
  inline void tell_listeners(CommandBatch& x, std::uint64_t position);
  void tell_of_call(CommandBatch& x);
  void note_command(CommandBatch& x);
  void withhold_reply(CommandBatch& x, std::size_t start);

  ContextParts parts_;
  OpenUnit& open_unit_;
  CallAccounting& accounting_;
  const Settings& settings_;
  Logger& logger_;
  EffectLog log_;
  std::string scratch_;  // the RESP of a command that did not come as RESP
  // The position behind the last effect that changed keys without naming them (FLUSHALL). All later reads depend on it.
  std::uint64_t keyspace_position_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t random_state_;
  std::uint64_t last_ns_ = 0;  // when the last call ended
};

}  // namespace terrace
