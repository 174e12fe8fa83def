// ReplyGate: at the end of each turn commits what the turn's commands appended to the log and lets go of the replies
// whose position the log has reached (promise P1).
// Ownership: owned by Server; borrows connections, which take themselves out when they go. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <vector>

#include "io/reactor.h"

namespace terrace {

class Connection;
class Dispatcher;
class Store;

class ReplyGate final : public io::TurnHook {
 public:
  explicit ReplyGate(Store& store) : store_(store) {}
  void use(Dispatcher& dispatcher) { dispatcher_ = &dispatcher; }

  void at_turn_end() override;

  // `connection` may have something to send.
  void mark(Connection& connection);
  void forget(Connection& connection);
  std::size_t waiting() const { return gated_.size(); }

 private:
  void flush_marked(std::uint64_t released);
  void flush_gated(std::uint64_t released);

  Store& store_;
  Dispatcher* dispatcher_ = nullptr;
  std::vector<Connection*> marked_;
  std::vector<Connection*> flushing_;
  std::vector<Connection*> gated_;  // have replies that wait for the log
  std::uint64_t last_released_ = 0;
};

}  // namespace terrace
