#include "storage/memory/memory_governor.h"

#include <algorithm>

namespace terrace::storage {

void MemoryGovernor::sample() {
  resident_ = probe_ ? probe_() : statistics_.record_memory_bytes;
  const std::uint64_t beyond = resident_ - std::min(resident_, statistics_.record_memory_bytes);
  if (resident_ > last_peak_) {
    overhead_ = beyond;
    last_peak_ = resident_;
  } else {
    // The heap returned memory, or the overhead was smaller than thought.
    overhead_ = std::min(overhead_, beyond);
    last_peak_ = std::max(resident_, last_peak_ - (last_peak_ - resident_) / 64);
  }
}

std::uint64_t MemoryGovernor::used() const {
  return statistics_.record_memory_bytes + (overhead_ > kFixedOverhead ? overhead_ - kFixedOverhead : 0);
}

std::uint64_t MemoryGovernor::floor_bytes() const {
  return (overhead_ > kFixedOverhead ? overhead_ - kFixedOverhead : 0) + kLeastRecordBytes;
}

std::uint64_t MemoryGovernor::hard_limit() const {
  return std::max(limit_, floor_bytes());
}

std::uint64_t MemoryGovernor::excess(bool evicting) const {
  if (limit_ == 0) return 0;
  const std::uint64_t hard = hard_limit();
  // The distance between the watermarks: enough for a tenth of a second of writing at full speed in a small store.
  const std::uint64_t step = std::clamp<std::uint64_t>(hard / 32, kLeastRecordBytes / 4, 64 * kMiB);
  // Never so low that only the overhead would be left: eviction cannot reduce that.
  const std::uint64_t target =
      std::max(hard - std::min(hard, evicting ? 2 * step : step), floor_bytes() - kLeastRecordBytes / 2);
  const std::uint64_t now = used();
  return now > target ? now - target : 0;
}

}  // namespace terrace::storage
