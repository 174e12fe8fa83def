// ScriptRunner: runs the handlers of scripts (EVAL, FCALL): each with its calls as one unit, or as a part of EXEC's unit.
//
// Invariant: at most one script runs. While it is suspended, other scripts, and all commands that could see what it has
// changed, wait (OpenUnit).
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string_view>

#include "io/fiber.h"
#include "io/task.h"
#include "src/config/settings.h"
#include "src/execution/command_runner.h"
#include "src/execution/open_unit.h"
#include "src/execution/script_run.h"

namespace terrace {

class ScriptRunner {
 public:
  ScriptRunner(CommandRunner& runner, OpenUnit& open_unit, const CommandTable& commands, const Settings& settings,
               Logger& logger);

  // Begins the script of the planned call, or continues it after a wait. True: it has ended, and its reply is written.
  // False: x.wait says for what the batch waits; then run() again.
  bool run(CommandBatch& x);
  // Runs a script outside of a transaction: its calls are the unit. True: the unit is committed.
  bool run_alone(CommandBatch& x);
  // Runs the called command, whose handler may suspend; then run() again.
  io::Task<> run_async(CommandBatch& x);

  // Does a script run in this batch?
  bool runs(const CommandBatch& x) const { return run_.batch_ == &x; }
  // Does any script run (it is suspended if another command asks)?
  bool running() const { return run_.batch_ != nullptr; }
  const ScriptRun& current() const { return run_; }
  // It has run for longer than `busy-reply-threshold`: other commands get an error.
  bool busy() const;
  std::string_view busy_error() const;

  enum class Kill : std::uint8_t { kKilled, kNotRunning, kHasWritten, kOtherKind };
  // SCRIPT KILL and FUNCTION KILL.
  Kill kill(bool function);
  // Commands that block are denied to scripts, unless a test allows them (DEBUG SET-DISABLE-DENY-SCRIPTS).
  void allow_blocking(bool allowed) { run_.blocking_allowed_ = allowed; }
  // The server ends: the script ends as if killed.
  void abandon() { run_.killed_ = true; }
  // Called some times a second: charges the ledger for the stacks.
  void account_stacks() { stacks_charge_.resize(stacks_.trim()); }

 private:
  void begin(CommandBatch& x);
  void end(CommandBatch& x);
  void tell_busy();

  CommandRunner& runner_;
  OpenUnit& open_unit_;
  const Settings& settings_;
  Logger& logger_;
  io::FiberStacks stacks_;
  storage::LedgerCharge stacks_charge_;
  ScriptRun run_;
};

}  // namespace terrace
