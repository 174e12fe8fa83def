// CommandRunner: what all ways of running a command share, a client's, a transaction's, a blocked client's, the log's:
// plan a call, have its keys resident, call its handler, commit its unit.
//
// One unit's way: begin_unit(); for each call: plan(), ready() until it says true (Engine::fetch between), run() until it
// does not say kMissing; commit().
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
  CommandRunner(const ContextParts& parts, CallAccounting& accounting, Logger& logger)
      : parts_(parts), accounting_(accounting), logger_(logger), random_state_(parts.clock.monotonic_ns()) {}

  // --- one call
  void plan(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw);
  // False: appends what the planned call misses to x.missing.
  bool ready(CommandBatch& x) const;
  // The same for any call's key.
  bool ready(CommandBatch& x, const PlannedKey& key) const;
  // False: a checkpoint copies one of the keys' large objects just now.
  bool changeable(const Origin& origin, const std::vector<PlannedKey>& keys) const;

  enum class Outcome : std::uint8_t {
    kReplied,
    kMissing,  // something must be read or made first; nothing was changed but expired keys
    kBlocks,   // it wants to wait for keys; nothing was changed but expired keys
  };
  // Appends the reply to *x.replies. `alone`: the unit has no other call.
  Outcome run(CommandBatch& x, bool alone);
  // A handler that may suspend. Says where its reply begins in *x.replies.
  io::Task<std::size_t> run_async(CommandBatch& x, bool alone);
  // Writes the reply of a call whose handler does not run; it counts as one that has run.
  template <typename Write>
  void answer(CommandBatch& x, const Write& write_reply) {
    begin_clock();
    const std::size_t start = x.replies->size();
    Reply reply(*x.replies, x.session->protocol);
    write_reply(reply);
    account(x, start);
  }

  // CLIENT REPLY OFF and SKIP: does the session want what is replied now?
  static bool wants_replies(const Session& session) {
    return session.reply_mode != ReplyMode::kOff && session.reply_mode != ReplyMode::kSkip;
  }
  // A command is answered with what stands from `start` on: takes an unwanted reply back.
  void finish_reply(CommandBatch& x, std::size_t start) {
    if (x.session->reply_mode != ReplyMode::kOn) withhold_reply(x, start);
  }

  // --- a unit's end
  // Appends what the unit did to the log, tells the observers, gates the replies from `start` on in x.output.
  void commit(CommandBatch& x, std::size_t start);

  // The position at which all that the call has read is durable.
  std::uint64_t read_dependency(const Call& call) const;

  // Gives what an open unit's calls have done so far to the log. Nothing else may be appended until it is committed.
  void append_piece(CommandBatch& x);

  // --- calls that do not run
  void reject(CommandBatch& x, CommandEntry* entry, std::string_view error);

  // Measures what runs from now on.
  void begin_clock() { last_ns_ = parts_.clock.monotonic_ns(); }
  void begin_clock_at(std::uint64_t begin_ns) { last_ns_ = begin_ns; }
  std::uint64_t last_ns() const { return last_ns_; }
  void account(CommandBatch& x, std::size_t start);

  void end_turn() {
    ++turn_;
    log_.end_turn();
  }
  // The log of another life of the engine begins.
  void forget_positions() {
    keyspace_position_ = 0;
    log_.end_turn();
  }
  storage::Engine& engine() const { return parts_.store.engine(); }
  const ContextParts& parts() const { return parts_; }

 private:
  void gather_effect(CommandBatch& x, bool alone);
  std::uint64_t append_effects(Unit& unit);
  void tell_observers(const CommandBatch& x) const;
  void withhold_reply(CommandBatch& x, std::size_t start);
  void gate(CommandBatch& x, std::size_t start, std::uint64_t position);

  ContextParts parts_;
  CallAccounting& accounting_;
  Logger& logger_;
  EffectLog log_;
  std::string scratch_;  // a command that came without RESP, as RESP
  // Behind the last effect that changed keys without naming them (FLUSHALL): every later read depends on it.
  std::uint64_t keyspace_position_ = 0;
  std::uint64_t turn_ = 0;
  std::uint64_t random_state_;
  std::uint64_t last_ns_ = 0;  // when the last call ended
};

}  // namespace terrace
