#include "src/server/reload.h"

#include "io/reactor.h"
#include "src/execution/dispatcher.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/log_replay.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/logger.h"
#include "src/runtime/store.h"

namespace terrace {
namespace {

constexpr std::int64_t kPauseMs = 3600 * 1000;

}  // namespace

io::Task<Result<void>> reload(Services& services, bool checkpoint) {
  Dispatcher& dispatcher = services.dispatcher;
  Pause& pause = dispatcher.pause();
  pause.begin(kPauseMs, true);
  // Those under way end first, and replies that wait for the log are let go.
  storage::Engine& engine = services.store.engine();
  while (services.expiry.busy() || dispatcher.waiting() > pause.waiting + 1 ||
         engine.released_position() < engine.end_position()) {
    if (!engine.writable(false).ok()) break;
    co_await services.reactor.sleep_us(100);
  }
  co_await services.reactor.yield();
  services.replay.begin();
  Result<void> reloaded = co_await services.store.reload(services.replay, checkpoint);
  dispatcher.forget_positions();
  pause.end();
  if (!reloaded.ok()) {
    services.logger.warning("The store cannot be opened again: " + reloaded.error().message);
    services.lifecycle.exit_code = 1;
    services.lifecycle.end(Lifecycle::Ending::kWithoutCheckpoint);
  }
  co_return reloaded;
}

}  // namespace terrace
