// Monitors: the sessions that MONITOR has made listen: each command that runs is written to them as a line.
// Ownership: part of Messenger; borrows the sessions. forget() is called before a session ends. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/execution/call.h"
#include "src/execution/listeners.h"
#include "src/execution/session.h"

namespace terrace {

class Monitors {
 public:
  explicit Monitors(Listeners::Audience& audience) : audience_(audience) {}

  void add(Session& session);
  void forget(Session& session);

  // The line for a call; passwords are not shown.
  static std::string line(const Session& session, const Call& call, std::int64_t wall_ms);
  void deliver(std::string_view line, std::uint64_t position);

 private:
  Listeners::Audience& audience_;
  std::vector<Session*> sessions_;
};

}  // namespace terrace
