// Dispatcher: runs the commands of a batch in order: admits each, has its keys read, and runs its handler.
//
// run() works through a batch until the batch is done or must wait. It does not suspend, and it allocates nothing while
// all keys are resident. If the batch must wait, the caller awaits wait() and calls run() again. After each unit,
// blocked clients whose keys have become ready are served (blocking.h).
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
#include "src/execution/script_runner.h"
#include "src/execution/transaction_runner.h"
#include "src/execution/watched_keys.h"

namespace terrace {

class Dispatcher {
 public:
  Dispatcher(const ContextParts& parts, const CommandTable& commands, CallAccounting& accounting,
             const Settings& settings, Logger& logger);

  // True: the batch is done, or its session is closing. False: await wait(), then call run() again.
  bool run(CommandBatch& batch);
  io::Task<> wait(CommandBatch& batch);
  // Before the batch is given back: frees the records that were read for it, over several turns if they are many.
  static bool has_many_records(const CommandBatch& batch) {
    return batch.fetched_records.size() > storage::FetchedRecords::kFreedAtOnce;
  }
  io::Task<> free_records(CommandBatch& batch);

  // While it is true, a client with many unsent bytes of replies runs no further commands.
  bool replies_must_leave() const;

  CommandBatchPool& pool() { return pool_; }
  Pause& pause() { return pause_; }
  Blocking& blocking() { return blocking_; }
  WatchedKeys& watched_keys() { return watched_keys_; }
  TransactionRunner& transactions() { return transactions_; }
  ScriptRunner& scripts() { return scripts_; }

  // How many batches wait. A reload of the store waits until there are none.
  std::uint64_t waiting() const { return waiting_ + blocking_.reading(); }
  // A task of the dispatcher itself is under way.
  bool busy() const { return blocking_.busy() || pause_.busy(); }
  // Must be called before a session ends: ends its wait and its watches.
  void forget(Session& session);

  // At the end of a turn, before and after the log is committed.
  void resume_unblocked() { blocking_.resume_unblocked(); }
  void end_turn() { runner_.end_turn(); }
  std::uint64_t turn() const { return runner_.turn(); }
  // The engine was opened again: positions of its earlier log mean nothing.
  void forget_positions() { runner_.forget_positions(); }

 private:
  // inline: the steps of run(), which each command passes.
  inline bool must_give_way(CommandBatch& x);
  inline void prefetch(CommandBatch& x);
  inline bool run_next(CommandBatch& x);
  inline bool may_begin(CommandBatch& x, const Call& call);
  inline bool make_resident(CommandBatch& x);
  inline bool run_handler(CommandBatch& x);
  CommandEntry* entry_of(const CommandBatch& x, std::span<const std::string_view> arguments) const;
  void queue(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments, std::string_view raw);
  bool run_queue(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments,
                 std::string_view raw);
  void look_ahead(CommandBatch& x);
  io::Task<> wait_for_fetch(CommandBatch& x);
  io::Task<> wait_for_memory(CommandBatch& x);
  io::Task<> wait_for_async(CommandBatch& x);
  io::Task<> wait_for_log_room();
  io::Task<> wait_for_pause(CommandBatch& x);

  io::Clock& clock_;
  Store& store_;
  const CommandTable& commands_;
  Logger& logger_;
  CallAccounting& accounting_;
  CommandBatchPool pool_;
  OpenUnit open_unit_;
  CommandRunner runner_;
  Pause pause_;
  WatchedKeys watched_keys_;
  ScriptRunner scripts_;
  TransactionRunner transactions_;
  Admission admission_;
  Blocking blocking_;
  std::vector<PlannedKey> ahead_keys_;
  std::uint64_t waiting_ = 0;
};

}  // namespace terrace
