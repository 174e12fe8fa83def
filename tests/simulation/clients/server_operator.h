// ServerOperator: sees to the simulated server's store: moves keys out of memory, compacts, takes checkpoints, and sets
// the clock forward. Ownership: borrows all. Thread: the simulation's.
#pragma once

#include "io/task.h"
#include "tests/simulation/clients/request_generator.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class ServerOperator {
 public:
  ServerOperator(SimulatedServer& server, const ServerProfile& profile, Random& random)
      : server_(server), profile_(profile), random_(random), generator_(profile, random) {}

  // Until stop(), and a pause longer.
  io::Task<> run();
  void stop() { stopped_ = true; }

 private:
  std::vector<Arguments> draw();

  SimulatedServer& server_;
  const ServerProfile& profile_;
  Random& random_;
  RequestGenerator generator_;
  bool stopped_ = false;
};

}  // namespace terrace::simulation
