#include "src/server/client_line.h"

#include "src/execution/command_table.h"
#include "src/server/connection.h"

namespace terrace {
namespace {

std::string flags_of(const Client& client) {
  std::string flags;
  if (client.blocked || client.paused) flags += 'b';
  if (client.close_after_reply) flags += 'c';
  if (client.closing) flags += 'A';
  if (client.unix_socket) flags += 'U';
  if (client.no_evict) flags += 'e';
  if (client.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

}  // namespace

std::string client_line(const Connection& connection, std::int64_t now_ms) {
  const Client& client = connection.client();
  std::size_t query = connection.query_bytes();
  std::size_t query_buffer = connection.query_buffer_bytes();
  std::size_t unsent = connection.unsent_bytes();
  std::size_t memory = sizeof(Connection) + query_buffer + connection.output_buffer_bytes();
  std::string text;
  auto field = [&](const char* name, const std::string& value) {
    if (!text.empty()) text += ' ';
    ((text += name) += '=') += value;
  };
  field("id", std::to_string(client.id));
  field("addr", client.address);
  field("laddr", client.local_address);
  field("fd", std::to_string(client.socket));
  field("name", client.name);
  field("age", std::to_string((now_ms - client.created_ms) / 1000));
  field("idle", std::to_string((now_ms - client.last_interaction_ms) / 1000));
  field("flags", flags_of(client));
  field("db", std::to_string(client.database));
  for (const char* name : {"sub", "psub", "ssub"}) field(name, "0");
  field("multi", "-1");
  field("qbuf", std::to_string(query));
  field("qbuf-free", std::to_string(query_buffer > query ? query_buffer - query : 0));
  field("argv-mem", "0");
  field("multi-mem", "0");
  field("rbs", std::to_string(connection.output_buffer_bytes()));
  field("rbp", "0");
  field("obl", std::to_string(unsent));
  field("oll", "0");
  field("omem", "0");
  field("tot-mem", std::to_string(memory));
  field("events", unsent > 0 ? "rw" : "r");
  field("cmd", client.last_command ? std::string(client.last_command->name()) : "NULL");
  field("user", client.authenticated ? "default" : "(superuser)");
  field("redir", "-1");
  field("resp", std::to_string(client.protocol));
  field("lib-name", client.library_name);
  field("lib-ver", client.library_version);
  return text;
}

}  // namespace terrace
