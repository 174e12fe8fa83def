// SimulatedListener: somebody who has subscribed to the events of all keys. What it hears is promised like what a reply
// tells: an event that leaves the server before its change is durable shows after a crash.
// Ownership: owned by the simulated server. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "src/execution/channel.h"
#include "src/execution/inbox.h"
#include "src/pubsub/messenger.h"
#include "tests/simulation/clients/witness.h"

namespace terrace::simulation {

class SimulatedListener final : public Channel {
 public:
  struct Parts {
    Store& store;
    Messenger& messenger;
    ReplyGate& gate;
    const Settings& settings;
    Witness& witness;
  };

  explicit SimulatedListener(const Parts& parts);
  ~SimulatedListener() override;
  SimulatedListener(const SimulatedListener&) = delete;
  SimulatedListener& operator=(const SimulatedListener&) = delete;

  void flush(std::uint64_t released) override;
  void abort() override {}

  std::uint64_t heard() const { return heard_; }

 private:
  struct Event {
    std::uint64_t end;  // of its bytes, counted from the first
    std::uint64_t dependency;
  };

  void note_new();

  Parts parts_;
  Session session_;
  Inbox inbox_;
  std::deque<Event> events_;      // told, and not taken
  std::uint64_t told_bytes_ = 0;  // that note_new() has seen
  std::uint64_t taken_bytes_ = 0;
  std::uint64_t heard_ = 0;
  std::string taken_;
};

}  // namespace terrace::simulation
