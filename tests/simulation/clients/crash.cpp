#include "tests/simulation/clients/crash.h"

namespace terrace::simulation {

bool Crash::comes(SimulatedServer& server, const History& history) {
  if (steps_ > 0) return --steps_, false;
  switch (moment_) {
    case Moment::kAny:
      break;
    case Moment::kPromise:
      return promise_was_made(history);
    case Moment::kCheckpoint:
      return checkpoint_is_complete(server);
  }
  return true;
}

bool Crash::promise_was_made(const History& history) {
  if (!promised_) promised_ = history.promised();
  return history.promised() > *promised_;
}

bool Crash::checkpoint_is_complete(SimulatedServer& server) {
  const storage::Engine& engine = server.store().engine();
  if (!engine.checkpoint_running()) {
    marks_ = engine.log_marks();
    return began_inside_unit_;
  }
  // It has not taken its mark yet.
  if (engine.log_marks() == marks_ && server.witness().unit_open()) began_inside_unit_ = true;
  return false;
}

}  // namespace terrace::simulation
