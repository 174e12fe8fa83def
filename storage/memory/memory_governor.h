// MemoryGovernor: keeps the process within its memory limit. The limit applies to the real resident set. The ledger's
// accounts are known at every moment; the rest (fragmentation, code, buffers of fixed size) is the overhead: what samples
// of the resident set showed beyond the accounts while the heap grew. Freed memory does not shrink the resident set at
// once, but is room for new records: counting only growth avoids evicting more and more because the allocator
// keeps free memory.
// Ownership: borrows the ledger, which it tells the overhead.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>

#include "storage/base/limits.h"
#include "storage/memory/ledger.h"

namespace terrace::storage {

class MemoryGovernor {
 public:
  // `probe` returns the resident set in bytes; without one the accounts stand for it.
  MemoryGovernor(Ledger& ledger, std::function<std::uint64_t()> probe) : ledger_(ledger), probe_(std::move(probe)) {}

  void sample();

  // The resident set is far above the limit: the limit was lowered, or freed cells lie scattered among others. Returns
  // the share of the heap's spans, in 1/kWhole, of which all records should become cold, so that the spans can be given
  // back; 0: records become cold in the clock's order.
  static constexpr std::uint64_t kWhole = 1 << 16;
  std::uint64_t span_share() const;
  // Bytes of records to make cold now; 0 below the high watermark. Once begun, eviction continues to the low watermark.
  std::uint64_t excess(bool evicting) const;
  // The resident set is above the limit, or will be: buffers, which eviction cannot free, must not grow.
  bool is_short() const {
    return ledger_.is_short() || (ledger_.limit() != 0 && resident_ > ledger_.limit() + kFixedOverhead);
  }
  // Below the hard limit: commands may use more memory.
  bool has_room() const { return ledger_.has_room(); }

 private:
  // The fixed cost of a running server (code, rings, log and page buffers), which is promised beside the limit.
  static constexpr std::uint64_t kFixedOverhead = kTinyLimits ? 0 : 24 * kMiB;

  // So far the resident set may stay above the limit while nothing grows: less than is promised.
  static constexpr std::uint64_t kMostResidue = kTinyLimits ? 0 : 48 * kMiB;

  // From one sample to the next.
  static constexpr std::uint64_t kFastGrowth = kTinyLimits ? 0 : 1 * kMiB;

  std::uint64_t scattered() const;

  Ledger& ledger_;
  std::function<std::uint64_t()> probe_;
  std::uint64_t resident_ = 0;
  std::uint64_t overhead_ = 0;  // resident set beyond the accounts when the heap last grew
  std::uint64_t last_peak_ = 0;
};

}  // namespace terrace::storage
