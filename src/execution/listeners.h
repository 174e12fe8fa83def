// Listeners: the clients that are told what others do: subscribers of channels and events of keys, MONITOR, clients that
// cache what they have read. The execution core tells them of each unit that is committed; src/pubsub/ knows who they are.
//
// The questions of this class decide whether a unit keeps notices at all, so that a server to which nobody listens has
// no work with them.
// Ownership: owned by the server, outlives the dispatcher. Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/config/event_classes.h"

namespace terrace {

class Unit;
struct Call;
struct Session;

class Listeners {
 public:
  virtual ~Listeners() = default;

  bool any() const { return audience_.subscribers + audience_.caching + audience_.monitors > 0; }
  // Does anyone listen to MONITOR?
  bool monitored() const { return audience_.monitors > 0; }
  // Is one of these classes of events told to anyone?
  bool notified(EventClasses classes) const { return (audience_.classes & classes) != 0 && audience_.subscribers > 0; }

  // The unit of `session` was committed. What it tells leaves when the log is durable up to `position` (promise P1).
  virtual void tell(const Unit& unit, Session& session, std::uint64_t position) = 0;
  // A session that caches what it reads (Session::caches) has run a call.
  virtual void note_read(Session& session, const Call& call) = 0;
  // For MONITOR: adds the call, which has run, to the unit's notices.
  virtual void note_command(Unit& unit, const Session& session, const Call& call) = 0;
  // RESET, and the end of the session.
  virtual void forget(Session& session) = 0;

  // Who listens: counted by those who know them.
  struct Audience {
    std::size_t subscribers = 0;
    std::size_t caching = 0;
    std::size_t monitors = 0;
    EventClasses classes = 0;  // of notify-keyspace-events
  };

 protected:
  Audience audience_;
};

}  // namespace terrace
