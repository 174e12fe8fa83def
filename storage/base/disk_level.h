// DiskLevel: how full the disk is, as the store judges it. The engine updates it about every kMaintenancePeriodMs.
// Ownership and thread: a plain value.
#pragma once

#include <algorithm>
#include <cstdint>

#include "storage/base/limits.h"

namespace terrace::storage {

struct DiskLevel {
  std::uint64_t free_bytes = ~std::uint64_t{0};
  std::uint64_t total_bytes = 0;
  // To be kept free. Only a checkpoint deletes dead segments, so the reserve includes room for one.
  std::uint64_t reserve_bytes = kDiskReserve;

  // What grows is refused and nothing is spilled: the rest is for the log, checkpoints and compaction.
  bool exhausted() const { return free_bytes < reserve_bytes; }
  // Compaction and checkpoints hurry.
  bool low() const { return free_bytes < std::max(total_bytes / kLowDiskShare, reserve_bytes); }
};

}  // namespace terrace::storage
