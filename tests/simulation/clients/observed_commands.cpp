#include "tests/simulation/clients/observed_commands.h"

namespace terrace::simulation {

void ObservedCommands::add(CommandTable& table, const CommandFamily& family) {
  for (const Command& command : family.rows) {
    Row& row = rows_.emplace_back(Row{command, command.run, command.run_async, &witness_});
    if (row.run != nullptr) row.Command::run = run;
    if (row.run_async != nullptr) row.Command::run_async = run_async;
    const Command* one = &row;
    table.add({.rows = {one, 1}, .parts = family.parts});
  }
}

void ObservedCommands::run(Context& context) {
  const Row& row = static_cast<const Row&>(context.command);
  row.witness->at_handler(context);
  row.handler(context);
}

io::Task<void> ObservedCommands::run_async(Context& context) {
  const Row& row = static_cast<const Row&>(context.command);
  row.witness->at_handler(context);
  co_await row.async_handler(context);
  row.witness->at_handler_end(context);
}

}  // namespace terrace::simulation
