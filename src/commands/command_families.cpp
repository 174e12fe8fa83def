#include "src/commands/command_families.h"

#include "src/commands/families.h"

namespace terrace {

CommandFamilies::CommandFamilies(const Server::Components& c)
    : key_{c.config.settings()},
      connection_{c.acl, c.dispatcher.watched_keys(), c.messenger, c.config.settings()},
      client_{c.clients, c.acl, c.dispatcher, c.messenger.tracking()},
      acl_{c.acl, c.clients, c.commands, c.config.settings()},
      command_{c.commands},
      config_{c.config, c.acl, c.commands, c.statistics, c.reactor, c.logger},
      server_{c.lifecycle, c.dispatcher.watched_keys(), c.logger, c.config.settings()},
      transaction_{c.dispatcher.transactions(), c.dispatcher.watched_keys()},
      scripting_{c.scripting, c.dispatcher.scripts()},
      info_{c.info},
      pubsub_{c.messenger},
      command_logs_{c.command_logs},
      latency_{c.latency, c.config.settings(), c.commands, c.reactor},
      debug_{c.config.settings(), c.config.collection_limits(), c.expiry, c.reload, c.logger, c.dispatcher} {}

void CommandFamilies::add_families(CommandTable& table, const CommandFamilies* parts) {
  for (const auto rows : {string_commands(), hash_commands(), list_commands(), set_commands(), sort_commands(),
                          stream_commands(), sorted_set_commands(), bitmap_commands(), hyperloglog_commands(),
                          geo_commands(), module_commands(), lolwut_commands(), terrace_commands()}) {
    table.add({rows});
  }
  const auto add = [&](std::span<const Command> rows, auto member) {
    table.add({rows, parts ? FamilyParts(parts->*member) : FamilyParts()});
  };
  add(key_commands(), &CommandFamilies::key_);
  add(connection_commands(), &CommandFamilies::connection_);
  add(client_commands(), &CommandFamilies::client_);
  add(acl_commands(), &CommandFamilies::acl_);
  add(command_commands(), &CommandFamilies::command_);
  add(config_commands(), &CommandFamilies::config_);
  add(server_commands(), &CommandFamilies::server_);
  add(transaction_commands(), &CommandFamilies::transaction_);
  add(scripting_commands(), &CommandFamilies::scripting_);
  add(info_commands(), &CommandFamilies::info_);
  add(memory_commands(), &CommandFamilies::info_);
  add(pubsub_commands(), &CommandFamilies::pubsub_);
  add(command_log_commands(), &CommandFamilies::command_logs_);
  add(latency_commands(), &CommandFamilies::latency_);
  add(debug_commands(), &CommandFamilies::debug_);
}

}  // namespace terrace
