// Dispatcher: takes batches of commands through admission, reading and running, in order, and says what a batch waits for.
//
// run() never suspends and, when all keys are resident, allocates nothing: it works through a batch until something must
// be waited for. Then the caller awaits wait() and calls run() again. After each unit those are served who waited for
// what it did (blocking.h).
// Ownership: borrows the parts it uses. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "io/task.h"
#include "src/execution/admission.h"
#include "src/execution/blocking.h"
#include "src/execution/command_runner.h"
#include "src/execution/command_table.h"
#include "src/execution/open_unit.h"
#include "src/execution/pause.h"
#include "src/execution/transaction_runner.h"
#include "src/execution/watched_keys.h"

namespace terrace {

class Dispatcher {
 public:
  Dispatcher(const ContextParts& parts, const CommandTable& commands, CallAccounting& accounting,
             const Settings& settings, Logger& logger);

  // True: the batch is done, or its client wants no more of it. False: await wait(), call run() again.
  bool run(CommandBatch& batch);
  io::Task<> wait(CommandBatch& batch);

  CommandBatchPool& pool() { return pool_; }
  Pause& pause() { return pause_; }
  Blocking& blocking() { return blocking_; }
  WatchedKeys& watched_keys() { return watched_keys_; }
  TransactionRunner& transactions() { return transactions_; }

  // Batches that wait for something; a reload of the store needs them gone.
  std::uint64_t waiting() const { return waiting_ + blocking_.reading(); }
  // Something runs on the dispatcher's own account.
  bool busy() const { return blocking_.busy() || pause_.busy(); }
  // The session goes: it waits and watches no more.
  void forget(Session& session);

  // The two ends of a turn's end: before the log is committed, and after.
  void resume_unblocked() { blocking_.resume_unblocked(); }
  void end_turn() { runner_.end_turn(); }
  // The log of another life of the engine begins.
  void forget_positions() { runner_.forget_positions(); }

 private:
  bool must_give_way(CommandBatch& x);
  void prefetch(CommandBatch& x) const;
  bool run_next(CommandBatch& x);
  void queue(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw);
  bool run_queue(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments,
                 std::string_view raw);
  bool may_begin(CommandBatch& x, const Call& call);
  bool make_resident(CommandBatch& x);
  void look_ahead(CommandBatch& x);
  bool run_handler(CommandBatch& x);
  io::Task<> wait_for_fetch(CommandBatch& x);
  io::Task<> wait_for_async(CommandBatch& x);
  io::Task<> wait_for_log_room();
  io::Task<> wait_for_pause(CommandBatch& x);

  io::Clock& clock_;
  Store& store_;
  const CommandTable& commands_;
  Logger& logger_;
  CallAccounting& accounting_;
  CommandBatchPool pool_;
  CommandRunner runner_;
  Pause pause_;
  OpenUnit open_unit_;
  WatchedKeys watched_keys_;
  TransactionRunner transactions_;
  Admission admission_;
  Blocking blocking_;
  std::vector<PlannedKey> ahead_keys_;
  std::uint64_t waiting_ = 0;
};

}  // namespace terrace
