#include "src/server/client_line.h"

#include "src/execution/command_table.h"
#include "src/pubsub/pubsub.h"
#include "src/pubsub/tracking.h"
#include "src/server/connection.h"

namespace terrace {

std::string client_flags(const Session& session) {
  std::string flags;
  if (session.monitors) flags += 'O';
  if (session.subscribed) flags += 'P';
  if (session.transaction.open()) flags += 'x';
  if (session.blocked || session.paused) flags += 'b';
  if (session.caches) flags += 't';
  if (session.caches && session.caching->redirect_broken) flags += 'R';
  if (session.caches && session.caching->options.broadcast) flags += 'B';
  if (session.watch_broken) flags += 'd';
  if (session.close_after_reply) flags += 'c';
  if (session.closing) flags += 'A';
  if (session.unix_socket) flags += 'U';
  if (session.no_evict) flags += 'e';
  if (session.no_touch) flags += 'T';
  return flags.empty() ? "N" : flags;
}

std::string client_line(const Connection& connection, std::int64_t now_ms) {
  const Session& session = connection.session();
  std::size_t query = connection.query_bytes();
  std::size_t arguments = connection.argument_bytes();
  std::size_t unsent = connection.unsent_bytes();
  std::size_t memory = sizeof(Connection) + query + connection.free_query_buffer_bytes() +
                       connection.output_buffer_bytes() + session.transaction.memory_bytes();
  std::string text;
  auto field = [&](const char* name, const std::string& value) {
    if (!text.empty()) text += ' ';
    ((text += name) += '=') += value;
  };
  field("id", std::to_string(session.id));
  field("addr", session.address);
  field("laddr", session.local_address);
  field("fd", std::to_string(session.socket));
  field("name", session.name);
  field("age", std::to_string((now_ms - session.created_ms) / 1000));
  field("idle", std::to_string((now_ms - session.last_interaction_ms) / 1000));
  field("flags", client_flags(session));
  field("db", std::to_string(session.database));
  field("sub", std::to_string(PubSub::count(session, TopicKind::kChannel)));
  field("psub", std::to_string(PubSub::count(session, TopicKind::kPattern)));
  field("ssub", std::to_string(PubSub::count(session, TopicKind::kShardChannel)));
  const Transaction& transaction = session.transaction;
  field("multi", transaction.open() ? std::to_string(transaction.calls().size()) : "-1");
  field("watch", std::to_string(session.watched.size()));
  field("qbuf", std::to_string(query));
  field("qbuf-free", std::to_string(connection.free_query_buffer_bytes()));
  field("argv-mem", std::to_string(arguments));
  field("multi-mem", std::to_string(transaction.memory_bytes()));
  field("rbs", std::to_string(connection.output_buffer_bytes()));
  field("rbp", "0");
  field("obl", std::to_string(unsent));
  field("oll", "0");
  field("omem", "0");
  field("tot-mem", std::to_string(memory));
  field("events", unsent > 0 ? "rw" : "r");
  field("cmd", session.last_command ? std::string(session.last_command->name()) : "NULL");
  field("user", session.user->name());
  field("redir", session.caches ? std::to_string(session.caching->options.redirect_id) : "-1");
  field("resp", std::to_string(session.protocol));
  field("lib-name", session.library_name);
  field("lib-ver", session.library_version);
  return text;
}

}  // namespace terrace
