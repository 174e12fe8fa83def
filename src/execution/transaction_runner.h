// TransactionRunner: EXEC: runs the queued commands of a session as one unit.
//
// Before the unit is opened, the records that its calls miss are read in parallel, and the calls look again. After some
// rounds the unit is opened in any case and reads while it is open, so that eviction cannot starve it. Calls that need
// more than a share of the memory are read in windows. Many effects go to the log in pieces. If a page cannot be read,
// only the call that needs it fails. An open unit waits for reads, for its next turn after each slice of time, for the
// log to write pieces, and for handlers that suspend; OpenUnit keeps other units off its keys during these waits.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include "src/execution/command_runner.h"
#include "src/execution/open_unit.h"
#include "src/execution/script_runner.h"
#include "src/execution/watched_keys.h"

namespace terrace {

class TransactionRunner {
 public:
  TransactionRunner(CommandRunner& runner, OpenUnit& open_unit, WatchedKeys& watched, ScriptRunner& scripts)
      : runner_(runner), open_unit_(open_unit), watched_(watched), scripts_(scripts) {}

  // After EXEC has been admitted: plans its calls. True: EXEC must not run and is answered.
  bool begin(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments, std::string_view raw);
  // Reads what the calls need before the unit is opened. False: x.wait says for what the batch waits; other units run
  // during the wait.
  bool read_ahead(CommandBatch& x);
  // Opens the unit, runs its calls, commits it. There must be no wait between the last checks (admission, OpenUnit,
  // WATCH) and this call. True: EXEC is answered. False: x.wait says for what the batch waits; then run() again.
  bool run(CommandBatch& x);
  // Runs the next call, whose handler may suspend, inside the open unit; then run() again.
  io::Task<> run_async(CommandBatch& x);
  // Drops the queue of MULTI and the watched keys.
  void discard(Session& session);

 private:
  template <typename Write>
  bool refuse(CommandBatch& x, const Write& write_reply);
  bool open(CommandBatch& x, bool& answered);
  bool watched_keys_ready(CommandBatch& x) const;
  bool look_up(CommandBatch& x);
  void reserve_replies(CommandBatch& x);
  void gather_missing(CommandBatch& x);
  bool run_next(CommandBatch& x);
  bool permit(CommandBatch& x, const Transaction::Queued& queued);
  bool run_script(CommandBatch& x);
  void withhold_unwanted(CommandBatch& x, std::size_t start, bool closed);
  bool suspend(CommandBatch& x, CommandBatch::Wait wait);
  void finish(CommandBatch& x);

  CommandRunner& runner_;
  OpenUnit& open_unit_;
  WatchedKeys& watched_;
  ScriptRunner& scripts_;
};

}  // namespace terrace
