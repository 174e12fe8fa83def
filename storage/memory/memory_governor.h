// MemoryGovernor: keeps the process within its memory limit. The limit applies to the real resident set. The records'
// bytes are known at every moment; the rest (index, buffers, fragmentation, code) is the overhead: what a sample of the
// resident set showed beyond the records when the heap last grew. Freed records do not shrink the resident set at once,
// but are room for new ones: computing from the last growth avoids evicting more and more because the allocator keeps
// free memory.
// Ownership: borrows the statistics.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>

#include "storage/base/limits.h"
#include "storage/base/statistics.h"

namespace terrace::storage {

class MemoryGovernor {
 public:
  // `probe` returns the resident set in bytes.
  MemoryGovernor(const Statistics& statistics, std::function<std::uint64_t()> probe)
      : statistics_(statistics), probe_(std::move(probe)) {}

  void set_limit(std::uint64_t bytes) { limit_ = bytes; }
  void sample();

  // Bytes of records to make cold now; 0 below the high watermark. Once begun, eviction continues to the low watermark.
  std::uint64_t excess(bool evicting) const;
  // The resident set is above the limit: buffers, which eviction cannot free, must not grow.
  bool is_short() const { return limit_ != 0 && resident_ > limit_ + kFixedOverhead; }
  // Below the hard limit: commands may use more memory.
  bool has_room() const { return limit_ == 0 || used() < hard_limit(); }

 private:
  // The fixed cost of a running server (code, rings, log and page buffers), which is promised beside the limit.
  static constexpr std::uint64_t kFixedOverhead = kTinyLimits ? 0 : 24 * kMiB;
  // However large the overhead, this many bytes of records may be in memory: with less, nothing could be served.
  static constexpr std::uint64_t kLeastRecordBytes = kTinyLimits ? 64 * kKiB : 4 * kMiB;

  std::uint64_t used() const;
  std::uint64_t floor_bytes() const;
  std::uint64_t hard_limit() const;

  const Statistics& statistics_;
  std::function<std::uint64_t()> probe_;
  std::uint64_t limit_ = 0;
  std::uint64_t resident_ = 0;
  std::uint64_t overhead_ = 0;  // resident set beyond the records when the heap last grew
  std::uint64_t last_peak_ = 0;
};

}  // namespace terrace::storage
