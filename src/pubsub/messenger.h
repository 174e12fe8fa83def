// Messenger: tells clients that listen what units have done: subscribers (PubSub), MONITOR (Monitors), clients that cache
// (Tracking). Events of keys are messages to channels named after the key and the event (notify-keyspace-events).
// Ownership: owned by the server, outlives the dispatcher and all sessions. Thread: the reactor's.
#pragma once

#include "io/clock.h"
#include "io/turn_hook.h"
#include "src/config/settings.h"
#include "src/execution/listeners.h"
#include "src/pubsub/monitors.h"
#include "src/pubsub/pubsub.h"
#include "src/pubsub/tracking.h"

namespace terrace {

class Messenger final : public Listeners, public io::TurnHook {
 public:
  Messenger(io::Clock& clock, KeyEvents& events, storage::Ledger& ledger)
      : clock_(clock), pubsub_(audience_), monitors_(audience_), tracking_(audience_, events, ledger) {}

  PubSub& pubsub() { return pubsub_; }
  const PubSub& pubsub() const { return pubsub_; }
  Monitors& monitors() { return monitors_; }
  Tracking& tracking() { return tracking_; }
  const Tracking& tracking() const { return tracking_; }

  void configure(const Settings& settings);

  void tell(const Unit& unit, Session& session, std::uint64_t position) override;
  // To be called before the replies of the turn leave.
  void at_turn_end() override { tracking_.end_turn(); }
  void note_read(Session& session, const Call& call) override { tracking_.note_read(session, call); }
  // Before the client of the unit changes its subscriptions: it hears what the unit has told so far by those it has now.
  void settle(Notices& notices, const Session& session);
  void note_command(Unit& unit, const Session& session, const Call& call) override;
  void forget(Session& session) override;

 private:
  template <typename Take>
  void each_message(const Notices::Notice& notice, const Take& take) const;

  io::Clock& clock_;
  PubSub pubsub_;
  Monitors monitors_;
  Tracking tracking_;
  EventClasses chosen_ = 0;  // with kTellKeyspace, kTellKeyevent
};

}  // namespace terrace
