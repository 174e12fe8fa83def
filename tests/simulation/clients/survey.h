// Survey: reads all that a server has just recovered, as a client would: by commands, through the gate.
// Ownership: borrows the connection it has made. Thread: the simulation's.
#pragma once

#include <vector>

#include "io/task.h"
#include "tests/simulation/clients/dataset.h"
#include "tests/simulation/clients/simulated_server.h"

namespace terrace::simulation {

class Survey {
 public:
  explicit Survey(SimulatedServer& server) : connection_(server.connect(false)) {}

  io::Task<Dataset> run(unsigned databases);

 private:
  using Replies = std::vector<ReplyValue>;

  // The answers come into replies_.
  io::Task<> ask(const std::vector<Arguments>& requests);
  io::Task<> read_database(unsigned database, Dataset& dataset);

  SimulatedConnection& connection_;
  Replies replies_;
};

}  // namespace terrace::simulation
