// TransactionRunner: EXEC: runs what its session has queued as one unit.
//
// Before it opens the unit it reads what the calls miss, all in parallel, looks again, and after some rounds opens all
// the same and reads inside, so that eviction cannot starve it; where the calls need more than a share of the memory, it
// reads in windows. Effects that are many go to the log in pieces. A page that cannot be read fails its call alone. In an open unit it waits for reads, for its turn
// after each slice of time, and for handlers that suspend; OpenUnit keeps others off its keys meanwhile.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <cstdint>

#include "src/config/settings.h"
#include "src/execution/command_runner.h"
#include "src/execution/open_unit.h"
#include "src/execution/watched_keys.h"

namespace terrace {

class TransactionRunner {
 public:
  TransactionRunner(CommandRunner& runner, OpenUnit& open_unit, WatchedKeys& watched, const Settings& settings)
      : runner_(runner), open_unit_(open_unit), watched_(watched), settings_(settings) {}

  // EXEC has been admitted: refuses what may not run (true: answered), or plans it.
  bool begin(CommandBatch& x, CommandEntry& exec, std::span<const std::string_view> arguments, std::string_view raw);
  // Before the unit is opened. False: x.wait says what for; others run meanwhile.
  bool read_ahead(CommandBatch& x);
  // Opens the unit, runs its calls, commits it. Nothing that was asked before may have changed since: no wait lies
  // between. True: EXEC is answered. False: x.wait says what for, then run() again.
  bool run(CommandBatch& x);
  // MULTI's queue and the watches are given up.
  void discard(Session& session);

 private:
  template <typename Write>
  bool refuse(CommandBatch& x, const Write& write_reply);
  bool open(CommandBatch& x, bool& answered);
  bool watched_keys_ready(CommandBatch& x) const;
  bool look_up(CommandBatch& x);
  void gather_missing(CommandBatch& x);
  std::uint64_t window_bytes() const;
  bool run_next(CommandBatch& x);
  bool suspend(CommandBatch& x, CommandBatch::Wait wait);
  void finish(CommandBatch& x);
  void plan_all(CommandBatch& x);

  CommandRunner& runner_;
  OpenUnit& open_unit_;
  WatchedKeys& watched_;
  const Settings& settings_;
};

}  // namespace terrace
