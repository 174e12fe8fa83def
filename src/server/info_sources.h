// InfoSources: the parts of the server from which INFO takes its values.
// Ownership: borrows; all parts outlive ServerInfo. Thread: the reactor's.
#pragma once

#include "io/reactor.h"
#include "src/config/config.h"
#include "src/execution/command_table.h"
#include "src/execution/dispatcher.h"
#include "src/pubsub/messenger.h"
#include "src/runtime/lifecycle.h"
#include "src/runtime/server_statistics.h"
#include "src/runtime/store.h"
#include "src/scripting/scripting.h"
#include "src/server/clients.h"

namespace terrace {

struct InfoSources {
  io::Reactor& reactor;
  Store& store;
  const Config& config;
  const CommandTable& commands;
  const Clients& clients;
  Dispatcher& dispatcher;
  const Messenger& messenger;
  ServerStatistics& statistics;
  const Lifecycle& lifecycle;
  const Scripting& scripting;
};

}  // namespace terrace
