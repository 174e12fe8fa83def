// ObservedCommands: the rows of the families that need no socket, with handlers that tell the witness before they run.
// Ownership: owns the rows, so it outlives the command table; borrows the witness. Thread: the simulation's.
#pragma once

#include <deque>

#include "src/execution/command_table.h"
#include "tests/simulation/clients/witness.h"

namespace terrace::simulation {

class ObservedCommands {
 public:
  explicit ObservedCommands(Witness& witness) : witness_(witness) {}
  ObservedCommands(const ObservedCommands&) = delete;
  ObservedCommands& operator=(const ObservedCommands&) = delete;

  void add(CommandTable& table, const CommandFamily& family);

 private:
  struct Row : Command {
    void (*handler)(Context&);
    io::Task<void> (*async_handler)(Context&);
    Witness* witness;
  };

  static void run(Context& context);
  static io::Task<void> run_async(Context& context);

  Witness& witness_;
  std::deque<Row> rows_;  // never moved: the table points to them
};

}  // namespace terrace::simulation
