// Crash: when a life is cut short: so many events after its beginning, then at the first moment of one kind. Besides any
// moment there are two at which a server that makes mistakes loses most: when clients have just been told of something
// more, and when a checkpoint is complete that began while a unit was open.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/simulation/clients/history.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class Crash {
 public:
  enum class Moment : std::uint8_t { kAny, kPromise, kCheckpoint };

  explicit Crash(std::uint64_t steps, Moment moment = Moment::kAny) : steps_(steps), moment_(moment) {}

  // Asked before each event.
  bool comes(SimulatedServer& server, const History& history);

 private:
  bool promise_was_made(const History& history);
  bool checkpoint_is_complete(SimulatedServer& server);

  std::uint64_t steps_;
  Moment moment_;
  std::optional<std::uint64_t> promised_;  // when the steps were over
  std::uint64_t marks_ = 0;                // of the log, before the checkpoint under way
  bool began_inside_unit_ = false;
};

}  // namespace terrace::simulation
