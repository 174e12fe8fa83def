// CommandFamilies: the families of commands that make up this build's table, and what each uses beside keys. A family
// stands in files of its own with a row per command.
// Ownership: owned by main, outlives the command table; borrows the server's components. Thread: the reactor's.
#pragma once

#include "src/commands/families.h"
#include "src/execution/command_table.h"
#include "src/server/server.h"

namespace terrace {

class CommandFamilies {
 public:
  explicit CommandFamilies(const Server::Components& components);
  CommandFamilies(const CommandFamilies&) = delete;
  CommandFamilies& operator=(const CommandFamilies&) = delete;

  void add_to(CommandTable& table) const { add_families(table, this); }
  // The rows without what their handlers use: for look-ups alone.
  static void add_rows_to(CommandTable& table) { add_families(table, nullptr); }

 private:
  static void add_families(CommandTable& table, const CommandFamilies* parts);

  KeyParts key_;
  ConnectionParts connection_;
  ClientParts client_;
  CommandParts command_;
  ConfigParts config_;
  ServerParts server_;
  TransactionParts transaction_;
  InfoParts info_;
  SlowLogParts slow_log_;
  LatencyParts latency_;
  DebugParts debug_;
};

}  // namespace terrace
