// Activity: marks what the reactor's thread does from here to the end of the block, so that a long turn can be laid at
// its door (turn_meter.h). Two readings of the clock; nothing outside a reactor's turn, as in the simulation.
// Ownership: a local variable, of a block that does not suspend. Thread: any; counts on the reactor's.
#pragma once

#include "io/turn_meter.h"

namespace terrace::io {

class Activity {
 public:
  // A literal: it is told long after.
  explicit Activity(const char* name)
      : meter_(TurnMeter::current()), before_(meter_ ? meter_->change_to(name) : nullptr) {}
  ~Activity() {
    if (meter_) meter_->change_to(before_);
  }
  Activity(const Activity&) = delete;
  Activity& operator=(const Activity&) = delete;

 private:
  TurnMeter* meter_;
  const char* before_;
};

}  // namespace terrace::io
