#include "storage/base/disk_rule.h"

#include <array>

namespace terrace::storage {

namespace {

// The columns. Everything that is in none of the first five is an error of the device.
enum Kind : std::uint8_t { kFull, kFiles, kDenied, kMissing, kMemory, kDevice, kKinds };

Kind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNoSpace:
      return kFull;
    case ErrorCode::kNoFiles:
      return kFiles;
    case ErrorCode::kDenied:
      return kDenied;
    case ErrorCode::kNotFound:
      return kMissing;
    case ErrorCode::kOutOfMemory:
      return kMemory;
    default:
      return kDevice;
  }
}

constexpr DiskRule R = DiskRule::kRefuse, A = DiskRule::kRetry, E = DiskRule::kElsewhere, D = DiskRule::kDistrust,
                   F = DiskRule::kFinal;

constexpr std::array<std::array<DiskRule, kKinds>, kDiskUses> kRules = {{
    //                  ENOSPC  EMFILE  EACCES  ENOENT  ENOMEM  EIO and
    //                  EDQUOT  ENFILE  EROFS                   others
    /* kLogFile      */ {A, A, A, A, A, A},
    /* kLogFrame     */ {E, E, E, E, E, E},
    /* kLogSync      */ {F, F, F, F, F, F},
    /* kSegmentWrite */ {E, E, E, E, E, E},
    /* kSegmentRead  */ {R, R, R, R, R, D},
    /* kSegmentSync  */ {D, D, D, D, D, D},
}};

}  // namespace

DiskRule disk_rule(DiskUse use, ErrorCode code) {
  return kRules[static_cast<std::size_t>(use)][kind_of(code)];
}

}  // namespace terrace::storage
