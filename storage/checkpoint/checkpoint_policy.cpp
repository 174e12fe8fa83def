#include "storage/checkpoint/checkpoint_policy.h"

#include <algorithm>

namespace terrace::storage {

CheckpointPolicy::Bounds CheckpointPolicy::bounds(const Numbers& numbers, const DiskLevel& disk) const {
  // A checkpoint must be worth what it writes; the smaller the records, the more it writes for what it frees.
  const std::uint64_t worth_bytes =
      std::max({numbers.segment_bytes / kCheckpointShare, 2 * numbers.expected_file_bytes, 2 * kLogFileSize});
  const std::uint64_t replayed_bytes = std::max(kCheckpointLogSize, numbers.index_bytes);
  // While memory holds most keys, the disk has room, and a checkpoint writes records that will soon be written again:
  // only the time of the log's replay counts. Segments that stay retired for longer cost only compaction, which makes
  // up for them.
  const std::uint64_t few_entries_bytes =
      numbers.log_entries < kCheckpointLogEntries
          ? std::min(kMaxCheckpointLogSize, disk.total_bytes / kCheckpointLogDiskShare)
          : 0;
  const bool mostly_hot = numbers.hot_keys > numbers.cold_keys;
  const std::uint64_t log_bytes =
      mostly_hot ? std::max(replayed_bytes, few_entries_bytes) : std::min(worth_bytes, replayed_bytes);
  return {.log_bytes = log_bytes_ > 0 ? log_bytes_ : log_bytes,
          // Each checkpoint writes large values that keep changing as a whole. What one has written is retired a moment
          // later, and would make the next one due at once.
          .held_bytes = 2 * std::max(worth_bytes, numbers.last_image_bytes)};
}

bool CheckpointPolicy::due(const Numbers& numbers, const DiskLevel& disk, std::int64_t now_us) const {
  if (numbers.log_failed || numbers.running || now_us < rest_until_us_) return false;
  const Bounds bound = bounds(numbers, disk);
  // Files count too: every start begins a fresh one.
  const std::uint64_t file_bytes = numbers.full_log_files * kLogFileSize;
  if (numbers.log_bytes >= bound.log_bytes || file_bytes > bound.log_bytes + kCheckpointLogSize) return true;
  // The less space is free, the less a checkpoint has to free to be worth it.
  if (disk.exhausted() && (numbers.retired_bytes > 0 || file_bytes > 0)) return true;
  const std::uint64_t cost_bytes = numbers.most_written_bytes;
  if (disk.low() && (numbers.retired_bytes > cost_bytes || numbers.log_bytes > std::max(cost_bytes, kLogFileSize))) {
    return true;
  }
  return numbers.retired_bytes > bound.held_bytes;
}

}  // namespace terrace::storage
