// ZsetUpdate: the options of ZADD, and the change that they make with scores and members. GEOADD and ZINCRBY use it,
// too.
// Ownership: borrows the arguments. Thread: the reactor's.
#pragma once

#include <string_view>
#include <vector>

#include "src/execution/context.h"
#include "src/types/encoding/score.h"

namespace terrace {

struct ZsetUpdate {
  bool only_new = false;       // NX
  bool only_existing = false;  // XX
  bool only_greater = false;   // GT
  bool only_less = false;      // LT
  bool count_changed = false;  // CH
  bool increment = false;      // INCR: of one element, whose new score is replied
  std::vector<types::ScoredMember> elements = {};

  // Is the argument one of these options? Then it is set.
  bool take_option(std::string_view argument);
  // Do options contradict each other? Then the error is replied.
  bool contradicts(Context& context) const;
  // Makes the change and replies. True: something has changed.
  bool apply(Context& context, std::string_view key) const;
};

}  // namespace terrace
