// Witness: sees the units of all sessions in the order in which the server commits them, without a word of the server:
// commits happen between the starts of handlers, so at each start all requests are judged that were answered since the
// one before, and there is at most one among them that has changed anything.
//
// Clients that wait: no unit looks at a key that holds what somebody waits for, but the one that serves the first who
// waits there.
// Ownership: borrows streams, each of which is forgotten before it goes. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/execution/context.h"
#include "tests/simulation/clients/client_stream.h"
#include "tests/simulation/clients/history.h"
#include "tests/simulation/simulated_clock.h"

namespace terrace::simulation {

class Witness {
 public:
  using Say = std::function<void(const std::string&)>;

  // `replies_promise`: what a reply tells survives (appendfsync always).
  Witness(World& world, SimulatedClock& clock, History& history, bool replies_promise, Say say)
      : world_(world), clock_(clock), history_(history), replies_promise_(replies_promise), say_(std::move(say)) {}

  void follow(ClientStream& stream) { streams_.push_back(&stream); }
  void forget(const ClientStream& stream);

  // The connection has ended its wait for keys: others may come there first.
  void note_left(const ClientStream& stream);

  // A handler is about to run.
  void at_handler(const Context& context) { note_run(context, context.now_ms); }
  // One that has suspended ends: what it replies is so now.
  void at_handler_end(const Context& context) {
    note_run(context, context.in_transaction() ? context.now_ms : clock_.wall_ms());
  }
  // Judges all that was answered.
  void settle();
  // The channel has taken bytes of replies: what they tell is promised.
  void note_taken(ClientStream& stream, std::size_t size, std::vector<ReplyValue>& taken);
  // A listener has heard of a change: it is promised.
  std::uint64_t last_change(const KeyName& key) const { return history_.last_change(key); }
  void note_heard(std::uint64_t dependency) {
    if (replies_promise_) history_.promise(dependency);
  }
  // How often a reply that changed nothing was the first to tell of a change.
  std::uint64_t revelations() const { return revelations_; }

  // A transaction has begun to run and is not committed.
  bool unit_open() const;
  // Fails if a request has been under way for that long, but for those that wait for keys that are not there.
  void check_progress(std::int64_t patience_us) const;

 private:
  struct Waiter {
    ClientStream* stream;
    std::vector<KeyName> keys;
    DataValue::Type type;
  };
  struct Ready {
    const ClientStream* stream;
    KeyName key;
  };

  void note_run(const Context& context, std::int64_t now_ms);
  void settle(ClientStream& stream);
  void judge(ClientStream& stream);
  void note_waiting(ClientStream& stream);
  bool is_there(const Waiter& waiter, const KeyName& key) const;
  std::vector<Ready> ready_waiters() const;
  void check_turn(const ClientStream& stream, const ClientRequest& request, const ReplyValue& reply,
                  const ModelUnit& unit, const std::vector<Ready>& ready) const;

  World& world_;
  SimulatedClock& clock_;
  History& history_;
  bool replies_promise_;
  Say say_;
  std::uint64_t revelations_ = 0;
  std::vector<ClientStream*> streams_;
  std::vector<Waiter> waiters_;  // in order of arrival
};

}  // namespace terrace::simulation
