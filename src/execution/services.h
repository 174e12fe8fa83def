// Services: the parts of the server, for those commands that are about the server itself. References only: each part is
// owned by Server and outlives all commands.
#pragma once

namespace terrace::io {
class Reactor;
}

namespace terrace {

class Clients;
class CommandTable;
class Config;
class Dispatcher;
class ExpiryCycle;
class LatencyMonitor;
class LogReplay;
class Lifecycle;
class Logger;
class SlowLog;
class Store;
struct ServerStatistics;

struct Services {
  io::Reactor& reactor;
  Store& store;
  Config& config;
  CommandTable& commands;
  Clients& clients;
  Dispatcher& dispatcher;
  ExpiryCycle& expiry;
  ServerStatistics& statistics;
  SlowLog& slow_log;
  LatencyMonitor& latency;
  Logger& logger;
  Lifecycle& lifecycle;
  LogReplay& replay;
};

}  // namespace terrace
