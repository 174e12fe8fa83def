// SegmentIterator: shows the records of a sealed segment page by page, verified: what compaction, the scrubber and cache
// mode read with.
// Ownership: pins the segment while it lives. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <optional>

#include "io/environment.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

struct WalkedPage {
  std::uint32_t page = 0;
  LoadedPage content;
  bool large = false;
  // Where the record in `slot` lies, as the index says it.
  Location location(std::uint32_t segment, std::uint32_t slot) const;
  std::uint32_t page_count = 1;
};

class SegmentIterator {
 public:
  // What comes of a large record that is longer than the window: its image, or only so much of its beginning as
  // parse_image() needs, with the rest of it checked or not even read.
  enum class Depth : std::uint8_t { kValues, kChecked, kHeads };

  SegmentIterator(const io::Environment& environment, Segment& segment, Depth depth, std::uint32_t first_page = 1)
      : environment_(environment), segment_(segment), pin_(&segment), depth_(depth), page_(first_page) {}

  // The next page; nothing at the end. A bad page gives an error, after which the walk goes on behind it; until the
  // next good one, pages come without records, since they may be parts of the bad one's run.
  io::Task<Result<std::optional<WalkedPage>>> next();
  std::uint64_t read_bytes() const { return read_bytes_; }
  // Where next() goes on.
  std::uint32_t page() const { return page_; }

 private:
  void skip_holes();
  io::Task<Result<void>> refill();
  io::Task<Result<LoadedPage>> load(std::uint32_t page, std::uint32_t page_count);
  io::Task<Result<void>> check_run(std::uint32_t page);

  // Pages read from the device at once.
  static constexpr std::uint32_t kWindowPages = kTinyLimits ? 8 : 64;

  const io::Environment& environment_;
  Segment& segment_;
  SegmentTable::Pin pin_;
  const Depth depth_;
  std::uint32_t page_;
  bool lost_ = false;  // behind a bad page, which may have begun a run: no header is expected where page_ is
  std::uint32_t window_first_ = 0;
  AlignedBuffer window_;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace terrace::storage
