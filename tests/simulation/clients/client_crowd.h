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
  // No act is left, and nothing is waited for but keys that may never come.
  bool over() const;
  // The operator ends, and those who wait when their connections do.
  void stop() { operator_.stop(); }
  bool ended() const { return tasks_.idle(); }

 private:
  io::Task<> keep(io::Task<> task);

  Random random_;
  std::uint64_t acts_left_;
  std::vector<std::unique_ptr<SimulatedClient>> clients_;
  ServerOperator operator_;
  io::Gate tasks_;
};

}  // namespace terrace::simulation
