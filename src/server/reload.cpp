#include "src/server/reload.h"

namespace terrace {
namespace {

constexpr std::int64_t kPauseMs = 3600 * 1000;

}  // namespace

io::Task<Result<void>> Reload::run(bool checkpoint) {
  Pause& pause = dispatcher_.pause();
  pause.begin(kPauseMs, true);
  // Running commands end first, and replies that wait for the log are released.
  storage::Engine& engine = store_.engine();
  while (expiry_.busy() || dispatcher_.waiting() > pause.waiting + 1 ||
         engine.released_position() < engine.end_position()) {
    if (!engine.log_advances()) break;
    co_await clock_.sleep_us(100);
  }
  co_await clock_.yield();
  replay_.begin();
  Result<void> reloaded = co_await store_.reload(replay_, checkpoint);
  dispatcher_.forget_positions();
  pause.end();
  if (!reloaded.ok()) {
    logger_.warning("The store cannot be opened again: " + reloaded.error().message);
    lifecycle_.exit_code = 1;
    lifecycle_.end(Lifecycle::Ending::kWithoutCheckpoint);
  }
  co_return reloaded;
}

}  // namespace terrace
