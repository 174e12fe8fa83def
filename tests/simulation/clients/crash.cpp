#include "tests/simulation/clients/crash.h"

namespace terrace::simulation {

bool Crash::comes(SimulatedServer& server) {
  if (steps_ > 0) return --steps_, false;
  switch (moment_) {
    case Moment::kAny:
      break;
    case Moment::kRead:
      return change_was_read(server);
    case Moment::kTransaction:
      return part_is_durable(server);
    case Moment::kCheckpoint:
      return checkpoint_is_complete(server);
  }
  return true;
}

bool Crash::change_was_read(SimulatedServer& server) {
  const std::uint64_t revelations = server.witness().revelations();
  if (!before_) before_ = revelations;
  return revelations > *before_;
}

bool Crash::part_is_durable(SimulatedServer& server) {
  const std::uint64_t transactions = SessionModel::counts().transactions;
  const std::uint64_t position = server.store().engine().durable_position();
  if (!before_) before_ = transactions;
  if (!durable_position_ && transactions > *before_) durable_position_ = position;
  return durable_position_ && position > *durable_position_;
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
