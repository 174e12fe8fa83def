// CommandFamilies: adds all families of commands to the command table, each with the parts of the server that its
// handlers use.
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
  // Adds the rows without these parts: the table can be searched, and no handler can run.
  static void add_rows_to(CommandTable& table) { add_families(table, nullptr); }

 private:
  static void add_families(CommandTable& table, const CommandFamilies* parts);

  KeyParts key_;
  ConnectionParts connection_;
  ClientParts client_;
  AclParts acl_;
  CommandParts command_;
  ConfigParts config_;
  ServerParts server_;
  TransactionParts transaction_;
  ScriptingParts scripting_;
  InfoParts info_;
  PubSubParts pubsub_;
  CommandLogParts command_logs_;
  LatencyParts latency_;
  DebugParts debug_;
};

}  // namespace terrace
