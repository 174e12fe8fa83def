// Activity: names what the reactor's thread does until the end of the block, so that the cause of a long turn is known
// (turn_meter.h). Costs two readings of the clock; does nothing outside a reactor's turn, for example in the
// simulation.
// Ownership: a local variable, of a block that does not suspend.
// Thread: any; only the reactor's thread is measured.
#pragma once

#include "io/turn_meter.h"

namespace terrace::io {

class Activity {
 public:
  // `name` must be a literal: statistics keep the pointer.
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
