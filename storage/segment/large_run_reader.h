// LargeRunReader: the raw bytes of one large record, block by block as they are read, so that a run of any length takes
// a few buffers.
// Ownership: borrows disk and segment, which must be pinned. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "io/disk.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"
#include "storage/segment/page.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

class LargeRunReader {
 public:
  // `pages`: the run's first ones, as far as they were read; `view` is what the first says, `page` its place.
  LargeRunReader(io::Disk& disk, const Segment& segment, std::uint32_t page, const PageView& view, AlignedBuffer pages)
      : disk_(disk), segment_(segment), page_(page), view_(view), window_(std::move(pages)), at_(kPageHeaderSize) {}

  // The raw bytes of the next block, verified; none behind the last. They are good until the next call.
  io::Task<Result<std::string_view>> next();
  std::uint64_t read_bytes() const { return read_bytes_; }
  // The error of somebody who found fault with what was read, with the run's place.
  Error at_run(const Error& error) const { return at_page(error, segment_, page_); }

 private:
  // Bytes read from the device at once.
  static constexpr std::size_t kPieceBytes = 16 * kLargeBlockSize;

  io::Task<Result<void>> refill();

  io::Disk& disk_;
  const Segment& segment_;
  std::uint32_t page_;
  const PageView view_;
  AlignedBuffer window_;
  std::size_t at_;                  // in the window, of the next block
  std::uint32_t pages_behind_ = 0;  // of the run, before those that are still to be read
  std::uint32_t block_ = 0;
  std::uint64_t raw_done_ = 0;
  std::uint64_t stored_done_ = 0;
  std::uint64_t read_bytes_ = 0;
  std::unique_ptr<char[]> raw_;
};

}  // namespace terrace::storage
