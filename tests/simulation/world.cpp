#include "tests/simulation/world.h"

#include <algorithm>

namespace terrace::simulation {

void World::push(const Event& event) {
  queue_.push_back(event);
  std::push_heap(queue_.begin(), queue_.end(), later);
}

bool World::step() {
  if (queue_.empty()) return false;
  std::pop_heap(queue_.begin(), queue_.end(), later);
  const Event event = queue_.back();
  queue_.pop_back();
  // Every event takes a little time, so that a loop of yields does not hold the disk back for ever.
  now_us_ = std::max(now_us_ + static_cast<std::int64_t>(steps_ & 1), event.time_us);
  ++steps_;
  trace(static_cast<std::uint64_t>(now_us_));
  event.function(event.object);
  return true;
}

}  // namespace terrace::simulation
