// TurnHook: is called once each turn of the event loop, after all completions and timers: what the turn has gathered is
// written there in one operation.
// Ownership: the implementer's.
// Thread: the event loop's.
#pragma once

namespace terrace::io {

class TurnHook {
 public:
  virtual void at_turn_end() = 0;

 protected:
  ~TurnHook() = default;
};

}  // namespace terrace::io
