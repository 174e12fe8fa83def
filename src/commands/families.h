// The families of commands, each with its rows in separate files; and for each family the parts of the server that its
// handlers use. A family without such parts uses only keys.
// Ownership: parts borrow; they outlive the command table. Thread: the reactor's.
#pragma once

#include <span>

#include "src/execution/command.h"

namespace terrace {

namespace acl {
class Acl;
}
namespace io {
class Reactor;
}
class Clients;
class CommandTable;
class Config;
class Dispatcher;
class ExpiryCycle;
class LatencyMonitor;
class Lifecycle;
class Logger;
class Messenger;
class Reload;
class ScriptRunner;
class Scripting;
class ServerInfo;
class Tracking;
class TransactionRunner;
class WatchedKeys;
struct CommandLogs;
struct ServerStatistics;
struct Settings;
namespace types {
struct CollectionLimits;
}

std::span<const Command> string_commands();
std::span<const Command> hash_commands();
std::span<const Command> set_commands();
std::span<const Command> list_commands();
std::span<const Command> stream_commands();
std::span<const Command> sorted_set_commands();
std::span<const Command> geo_commands();
std::span<const Command> bitmap_commands();
std::span<const Command> hyperloglog_commands();
std::span<const Command> key_commands();
std::span<const Command> sort_commands();
std::span<const Command> connection_commands();
std::span<const Command> client_commands();
std::span<const Command> acl_commands();
std::span<const Command> command_commands();
std::span<const Command> config_commands();
std::span<const Command> server_commands();
std::span<const Command> module_commands();
std::span<const Command> lolwut_commands();
std::span<const Command> transaction_commands();
std::span<const Command> info_commands();
std::span<const Command> memory_commands();
std::span<const Command> command_log_commands();
std::span<const Command> latency_commands();
std::span<const Command> debug_commands();
std::span<const Command> scripting_commands();
std::span<const Command> terrace_commands();
std::span<const Command> pubsub_commands();

struct KeyParts {
  const Settings& settings;
};
struct ConnectionParts {
  acl::Acl& acl;
  WatchedKeys& watched_keys;
  Messenger& messenger;
  const Settings& settings;
};
struct PubSubParts {
  Messenger& messenger;
};
struct ClientParts {
  Clients& clients;
  const acl::Acl& acl;
  Dispatcher& dispatcher;
  Tracking& tracking;
};
struct AclParts {
  acl::Acl& acl;
  Clients& clients;
  const CommandTable& commands;
  const Settings& settings;
};
struct CommandParts {
  const CommandTable& commands;
};
struct ConfigParts {
  Config& config;
  acl::Acl& acl;
  CommandTable& commands;
  ServerStatistics& statistics;
  io::Reactor& reactor;
  Logger& logger;
};
struct ServerParts {
  Lifecycle& lifecycle;
  WatchedKeys& watched_keys;
  Logger& logger;
  const Settings& settings;
};
struct TransactionParts {
  TransactionRunner& transactions;
  WatchedKeys& watched_keys;
};
struct ScriptingParts {
  Scripting& scripting;
  ScriptRunner& runner;
};
struct InfoParts {
  const ServerInfo& info;
};
struct CommandLogParts {
  CommandLogs& logs;
};
struct LatencyParts {
  LatencyMonitor& latency;
  const Settings& settings;
  const CommandTable& commands;
  const io::Reactor& reactor;
};
struct DebugParts {
  const Settings& settings;
  types::CollectionLimits& limits;
  ExpiryCycle& expiry;
  Reload& reload;
  Logger& logger;
  Dispatcher& dispatcher;
};

}  // namespace terrace
