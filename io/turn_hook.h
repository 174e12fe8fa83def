// TurnHook: what the event loop runs once each turn, when all that arrived in it has been handled: there what the turn
// has gathered is written as one. Ownership: the implementer's. Thread: the event loop's.
#pragma once

namespace terrace::io {

class TurnHook {
 public:
  virtual void at_turn_end() = 0;

 protected:
  ~TurnHook() = default;
};

}  // namespace terrace::io
