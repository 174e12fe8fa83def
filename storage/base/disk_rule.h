// disk_rule: what the store does when a call on its disk fails: one table, by what the call is for and the kind of error.
//
// What is not in it is refused: the caller gets the error, and the next attempt may succeed. So it is for
// anything at a start, for making segments, checkpoints, manifests and dictionaries. That a file which nothing needs
// cannot be removed is ignored: the next checkpoint or start removes it.
// docs/disk-errors.md shows the whole with its reasons; the fault sweep of the simulation checks it.
// Thread: any.
#pragma once

#include <cstdint>

#include "io/result.h"

namespace terrace::storage {

// What the call is for.
enum class DiskUse : std::uint8_t {
  kLogFile,       // to make a log file that holds no frame yet: open, rename, allocate, fill, sync
  kLogFrame,      // to write a frame, with its sync where replies wait for that
  kLogSync,       // to sync frames that are no longer in memory
  kSegmentWrite,  // to write pages
  kSegmentRead,   // to read pages
  kSegmentSync,   // to sync pages before a checkpoint refers to them
};
inline constexpr unsigned kDiskUses = static_cast<unsigned>(DiskUse::kSegmentSync) + 1;

enum class DiskRule : std::uint8_t {
  kRefuse,
  kRetry,      // until it succeeds; until then what needs it is refused
  kElsewhere,  // once more at once, in a fresh file; if that fails, too, frames are final and pages are refused
  kDistrust,   // as kRefuse, and the segment counts as damaged or suspect: its records move away
  kFinal,      // writes are refused until a restart; reads are served
};

DiskRule disk_rule(DiskUse use, ErrorCode code);

// The segment of which a page could not be read is damaged; otherwise the read may succeed later.
inline bool distrusts_segment(const Error& error) {
  return disk_rule(DiskUse::kSegmentRead, error.code) == DiskRule::kDistrust;
}

}  // namespace terrace::storage
