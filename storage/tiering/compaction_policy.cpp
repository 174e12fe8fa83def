#include "storage/tiering/compaction_policy.h"

#include <algorithm>

namespace terrace::storage {

namespace {

// A segment with a smaller share of dead records is not worth copying.
constexpr double kLeastDeadShare = 0.1;
// Held bytes count as dead, up to this part of the segments' bytes.
constexpr std::uint64_t kLargestHeldShare = 7;
// A run is due up to this part above the configured share; writers wait from this part below it.
constexpr std::uint64_t kSlackShare = 64;
constexpr std::uint64_t kLeastSlackBytes = kSmallSegmentSize;
constexpr double kSuspectWorth = 1e300;

// Held bytes take space as dead records do, and compaction makes up for them; but no amount of them is worth copying
// every segment.
std::uint64_t taken_bytes(const CompactionPolicy::Numbers& numbers) {
  return numbers.taken_bytes + std::min(numbers.held_bytes, numbers.taken_bytes / kLargestHeldShare);
}

// Otherwise memory limits the store, and commands need not wait for the disk.
bool mostly_cold(const CompactionPolicy::Numbers& numbers) {
  return numbers.cold_keys > numbers.hot_keys;
}

}  // namespace

bool CompactionPolicy::due(const Numbers& numbers, const DiskLevel& disk, bool checkpoint_running,
                           std::int64_t now_us) const {
  if (now_us < rest_until_us_) return false;
  if (disk.low() && checkpoint_running) return false;
  if (numbers.suspect) return true;
  if (!settings_.enabled) return false;
  if (disk.low()) return true;
  const std::uint64_t taken = taken_bytes(numbers);
  if (!mostly_cold(numbers) && taken - numbers.live_bytes <= kHotGarbageBytes) return false;
  return static_cast<double>(numbers.live_bytes) <
         settings_.live_share * static_cast<double>(taken) + static_cast<double>(taken) / kSlackShare;
}

bool CompactionPolicy::behind(const Numbers& numbers) const {
  if (settings_.throttled || !mostly_cold(numbers)) return false;
  const std::uint64_t taken = taken_bytes(numbers);
  const std::uint64_t slack = std::max(taken / kSlackShare, kLeastSlackBytes);
  return static_cast<double>(numbers.live_bytes + slack) < settings_.live_share * static_cast<double>(taken);
}

// Cost and benefit as in LFS: the space gained, times the age, over the cost of reading everything and writing the
// rest.
double CompactionPolicy::worth(double dead_share, std::uint64_t age, bool suspect) {
  if (suspect) return kSuspectWorth;
  if (dead_share <= kLeastDeadShare) return 0;
  return dead_share * static_cast<double>(age) / (2.0 - dead_share);
}

}  // namespace terrace::storage
