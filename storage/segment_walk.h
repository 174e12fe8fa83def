// SegmentWalk: shows the records of a sealed segment page by page, verified: what compaction, the scrubber and the
// expiry of cold keys read with.
// Ownership: pins the segment while it lives. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <optional>

#include "storage/image.h"
#include "storage/tier.h"

namespace terrace::storage {

struct WalkedPage {
  std::uint32_t page = 0;
  LoadedPage content;
  bool large = false;
  // Where the record in `slot` lies, as the index says it.
  Location location(std::uint32_t segment, std::uint32_t slot) const;
  std::uint32_t page_count = 1;
};

class SegmentWalk {
 public:
  SegmentWalk(io::Disk& disk, Segment& segment, std::uint32_t first_page = 1)
      : disk_(disk), segment_(segment), pin_(&segment), page_(first_page) {}

  // The next page; nothing at the end. A bad page gives an error, after which the walk goes on behind it; until the
  // next good one, pages come without records, since they may be parts of the bad one's run.
  io::Task<Result<std::optional<WalkedPage>>> next();
  std::uint64_t read_bytes() const { return read_bytes_; }
  // Where next() goes on.
  std::uint32_t page() const { return page_; }

 private:
  void skip_holes();
  io::Task<Result<void>> refill();

  // Pages read from the device at once.
  static constexpr std::uint32_t kWindowPages = kTinyLimits ? 8 : 64;

  io::Disk& disk_;
  Segment& segment_;
  SegmentTable::Pin pin_;
  std::uint32_t page_;
  bool lost_ = false;  // behind a bad page, which may have begun a run: no header is expected where page_ is
  std::uint32_t window_first_ = 0;
  AlignedBuffer window_;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace terrace::storage
