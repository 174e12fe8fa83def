// ClientCrowd: all clients of one server's life, and its operator.
// Ownership: owns clients and operator, borrows the server; must have ended before it goes. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/sync.h"
#include "tests/simulation/clients/server_operator.h"
#include "tests/simulation/clients/simulated_client.h"

namespace terrace::simulation {

class ClientCrowd {
 public:
  ClientCrowd(SimulatedServer& server, const ServerProfile& profile, std::uint64_t seed, std::uint64_t acts);

  void start();
  // No act is left, or nothing has been waited for but keys for longer than anybody waits who does not wait without end.
  bool over();
  // The operator ends, and those who wait when their connections do.
  void stop();
  bool ended() const { return tasks_.idle(); }

 private:
  io::Task<> keep(io::Task<> task);

  SimulatedClock& clock_;
  Random random_;
  std::uint64_t acts_left_;
  std::int64_t idle_since_us_ = -1;  // -1: somebody does something
  std::vector<std::unique_ptr<SimulatedClient>> clients_;
  ServerOperator operator_;
  io::Gate tasks_;
};

}  // namespace terrace::simulation
