// Survey: reads all that a server has just recovered, as a client would: by commands, through the gate.
// Ownership: borrows the server. Thread: the simulation's.
#pragma once

#include <string>
#include <vector>

#include "io/task.h"
#include "tests/simulation/clients/dataset.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class Survey {
 public:
  explicit Survey(SimulatedServer& server) : server_(server), connection_(server.connect(false)) {}

  io::Task<Dataset> run(unsigned databases);

 private:
  using Replies = std::vector<ReplyValue>;

  io::Task<Replies> ask(const std::vector<Arguments>& requests);
  io::Task<> read_database(unsigned database, Dataset& dataset);

  SimulatedServer& server_;
  SimulatedConnection& connection_;
};

}  // namespace terrace::simulation
