// Reload: closes the store and recovers it, for DEBUG RELOAD, as a restart of the server would. Clients wait.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include "io/clock.h"
#include "io/result.h"
#include "io/task.h"
#include "src/execution/dispatcher.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/log_replay.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/logger.h"
#include "src/runtime/store.h"

namespace terrace {

class Reload {
 public:
  Reload(io::Clock& clock, Store& store, Dispatcher& dispatcher, ExpiryCycle& expiry, LogReplay& replay, Logger& logger,
         Lifecycle& lifecycle)
      : clock_(clock),
        store_(store),
        dispatcher_(dispatcher),
        expiry_(expiry),
        replay_(replay),
        logger_(logger),
        lifecycle_(lifecycle) {}

  // Called by a running command; all other commands wait until the store is open again. `checkpoint`: writes a
  // checkpoint first, as a clean shutdown does.
  io::Task<Result<void>> run(bool checkpoint);

 private:
  io::Clock& clock_;
  Store& store_;
  Dispatcher& dispatcher_;
  ExpiryCycle& expiry_;
  LogReplay& replay_;
  Logger& logger_;
  Lifecycle& lifecycle_;
};

}  // namespace terrace
