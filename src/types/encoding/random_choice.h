// Random choices among a collection's elements, for HRANDFIELD, SRANDMEMBER, SPOP and similar commands. A `View` has
// size(), for_each() and visit_random() (SetView, HashView); add(name, ...) is called with the chosen elements.
// Thread: pure functions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "src/types/encoding/random.h"

namespace terrace::types {

// The same element may be chosen several times. Ends early when enough() says so: `count` may be any number.
template <typename View, typename Add, typename Enough>
void choose_with_repeats(const View& view, std::uint64_t count, Random& random, const Add& add, const Enough& enough) {
  for (std::uint64_t i = 0; i < count && !enough(); ++i) view.visit_random(random, add);
}

// Any `count` elements with the same probability, or all if there are no more.
template <typename View, typename Add>
void choose_distinct(const View& view, std::uint64_t count, Random& random, const Add& add) {
  // Few of many elements are drawn one by one, and again if they were drawn already; otherwise all elements are
  // visited.
  constexpr std::uint64_t kFewOfMany = 3;
  std::uint64_t left = view.size();
  std::uint64_t wanted = std::min(count, left);
  if (wanted >= left / kFewOfMany) {
    // Each element is taken with the probability that the rest needs it.
    view.for_each([&](std::string_view name, auto... rest) {
      if (random.below(left--) >= wanted) return;
      --wanted;
      add(name, rest...);
    });
    return;
  }
  std::unordered_set<std::string> drawn;
  while (drawn.size() < wanted) {
    view.visit_random(random, [&](std::string_view name, auto... rest) {
      if (drawn.emplace(name).second) add(name, rest...);
    });
  }
}

}  // namespace terrace::types
