// ReplyGate: at the end of each turn it commits what the turn's commands have appended to the log, and flushes the
// channels whose replies wait for a position that the log has reached (promise P1).
// Ownership: owned by Server; borrows channels. forget() is called before a channel is destroyed. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <vector>

#include "io/turn_hook.h"
#include "src/execution/channel.h"
#include "src/execution/dispatcher.h"
#include "src/runtime/store.h"

namespace terrace {

class ReplyGate final : public io::TurnHook {
 public:
  ReplyGate(Store& store, Dispatcher& dispatcher) : store_(store), dispatcher_(dispatcher) {}

  void at_turn_end() override;

  // The channel may have something to send: it is flushed at the end of the turn.
  void mark(Channel& channel);
  void forget(Channel& channel);

  // The log is durable up to here, and the number of the turn (OutputBuffer::gate).
  std::uint64_t released() const { return store_.loading() ? last_released_ : store_.engine().released_position(); }
  std::uint64_t turn() const { return dispatcher_.turn(); }
  // There is no memory for what nobody asked for, even if all records were cold.
  bool memory_short() const { return store_.ledger().is_short(); }

 private:
  void flush_marked(std::uint64_t released);
  void flush_gated(std::uint64_t released);

  Store& store_;
  Dispatcher& dispatcher_;
  std::vector<Channel*> marked_;
  std::vector<Channel*> flushing_;
  std::vector<Channel*> gated_;  // have replies that wait for the log
  std::uint64_t last_released_ = 0;
};

}  // namespace terrace
