// SegmentIterator: the records of a segment, or of some of its pages, page by page, verified. Compaction, the scrubber,
// expiry and cache mode read segments with it.
// Ownership: pins the segment.
// Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "io/environment.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

struct WalkedPage {
  std::uint32_t page = 0;
  LoadedPage content;
  bool large = false;
  // The Location of the record in `slot`.
  Location location(std::uint32_t segment, std::uint32_t slot) const;
  std::uint32_t page_count = 1;
};

class SegmentIterator {
 public:
  // What to read of a large record that is longer than the window: its image, or only as much of the beginning as
  // parse_image() needs; the rest of it checked, or not read at all.
  enum class Depth : std::uint8_t { kValues, kChecked, kHeads };

  // Up to `end_page`, which nothing may be written before any more.
  SegmentIterator(const io::Environment& environment, Segment& segment, Depth depth, std::uint32_t first_page = 1,
                  std::uint32_t end_page = UINT32_MAX)
      : environment_(environment),
        segment_(segment),
        pin_(&segment),
        depth_(depth),
        page_(first_page),
        end_page_(end_page) {}

  // The next page; nothing at the end. A bad page returns an error, and the walk continues behind it. Until the next
  // good page, pages come without records, since they may be parts of the bad page's run.
  io::Task<Result<std::optional<WalkedPage>>> next();
  std::uint64_t read_bytes() const { return read_bytes_; }
  // The page that next() reads.
  std::uint32_t page() const { return page_; }

 private:
  void skip_holes();
  std::uint32_t end_page() const { return std::min(end_page_, segment_.used_pages); }
  io::Task<Result<void>> refill();
  io::Task<Result<LoadedPage>> load(std::uint32_t page, std::uint32_t page_count);
  io::Task<Result<void>> check_run(std::uint32_t page);

  // Pages read from the device at a time.
  static constexpr std::uint32_t kWindowPages = kTinyLimits ? 8 : 64;

  const io::Environment& environment_;
  Segment& segment_;
  SegmentTable::Pin pin_;
  const Depth depth_;
  std::uint32_t page_;
  const std::uint32_t end_page_;
  bool lost_ = false;  // behind a bad page, which may have begun a run: page_ may have no header
  std::uint32_t window_first_ = 0;
  AlignedBuffer window_;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace terrace::storage
