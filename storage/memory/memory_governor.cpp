#include "storage/memory/memory_governor.h"

#include <algorithm>

namespace terrace::storage {

void MemoryGovernor::sample() {
  const std::uint64_t accounted = ledger_.total();
  const std::uint64_t before = resident_;
  resident_ = probe_ ? probe_() : accounted;
  const std::uint64_t beyond = resident_ - std::min(resident_, accounted);
  // Near the bound the heap grows fast although memory was freed: what was freed is of no use to what grows.
  const bool grows_near_bound =
      ledger_.limit() != 0 && resident_ > before + kFastGrowth && resident_ > ledger_.limit() + kMostResidue;
  if (grows_near_bound) {
    overhead_ = std::max(overhead_, beyond);
    last_peak_ = std::max(last_peak_, resident_);
  } else if (resident_ > last_peak_) {
    // By its growth at most: what was freed before is room, though it is resident.
    overhead_ = std::min(beyond, overhead_ + (resident_ - last_peak_));
    last_peak_ = resident_;
  } else {
    // The heap returned memory, or the overhead was smaller than thought.
    overhead_ = std::min(overhead_, beyond);
    last_peak_ = std::max(resident_, last_peak_ - (last_peak_ - resident_) / 64);
  }
  ledger_.set_resident(resident_);
  ledger_.set_overhead(overhead_ - std::min(overhead_, kFixedOverhead));
}

// What the resident set has too much, as far as records could give way.
std::uint64_t MemoryGovernor::scattered() const {
  if (ledger_.limit() == 0 || !probe_) return 0;
  const std::uint64_t records = ledger_.bytes(Account::kRecords);
  return std::min(resident_ - std::min(resident_, ledger_.limit() + kMostResidue),
                  records - std::min(records, Ledger::kLeastRecordBytes / 2));
}

std::uint64_t MemoryGovernor::span_share() const {
  if (scattered() == 0) return 0;
  const std::uint64_t of_records = resident_ - std::min(resident_, ledger_.total() - ledger_.bytes(Account::kRecords));
  const std::uint64_t above = resident_ - ledger_.limit();
  return of_records <= above ? kWhole : above * kWhole / of_records;
}

std::uint64_t MemoryGovernor::excess(bool evicting) const {
  if (ledger_.limit() == 0) return 0;
  constexpr std::uint64_t kLeast = Ledger::kLeastRecordBytes;
  const std::uint64_t now = ledger_.used();
  const std::uint64_t floor = now - ledger_.bytes(Account::kRecords) + kLeast;
  const std::uint64_t hard = std::max(ledger_.limit(), floor);
  // The distance between the watermarks: enough for a tenth of a second of writing at full speed in a small store.
  const std::uint64_t step = std::clamp<std::uint64_t>(hard / 32, kLeast / 4, 64 * kMiB);
  // Never so low that only the other accounts and the overhead would be left: eviction cannot reduce those.
  const std::uint64_t target = std::max(hard - std::min(hard, evicting ? 2 * step : step), floor - kLeast / 2);
  return std::max(now - std::min(now, target), scattered());
}

}  // namespace terrace::storage
