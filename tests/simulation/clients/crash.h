// Crash: when a life is cut short: so many events after its beginning, then at the first moment of one kind. Besides any
// moment there are three at which a server that makes mistakes loses most: when a client has just been told of a change by a
// reply that made none, when more of the log is durable right after a transaction, and when a checkpoint is complete that began while a
// unit was open.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class Crash {
 public:
  enum class Moment : std::uint8_t { kAny, kRead, kTransaction, kCheckpoint };

  explicit Crash(std::uint64_t steps, Moment moment = Moment::kAny) : steps_(steps), moment_(moment) {}

  // Asked before each event.
  bool comes(SimulatedServer& server);

 private:
  bool change_was_read(SimulatedServer& server);
  bool part_is_durable(SimulatedServer& server);
  bool checkpoint_is_complete(SimulatedServer& server);

  std::uint64_t steps_;
  Moment moment_;
  std::optional<std::uint64_t> before_;            // reads of changes, or transactions, when the steps were over
  std::optional<std::uint64_t> durable_position_;  // when a transaction was committed
  std::uint64_t marks_ = 0;                        // of the log, before the checkpoint under way
  bool began_inside_unit_ = false;
};

}  // namespace terrace::simulation
