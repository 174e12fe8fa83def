// ZsetUpdate: what ZADD does with scores and members by its options, wherever the scores come from.
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

  // The option's name is one of these; it is noted.
  bool take_option(std::string_view argument);
  // Do options contradict each other? The error is replied.
  bool contradicts(Context& context) const;
  // Does it, and replies. True: something is changed.
  bool apply(Context& context, std::string_view key) const;
};

}  // namespace terrace
