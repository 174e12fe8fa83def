// LargeRunReader: the raw bytes of one large record, block by block as they are read, so that a run of any length takes
// a few buffers.
// Ownership: borrows disk and segment; the segment must be pinned.
// Thread: the reactor's.
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
  // `pages`: the run's first pages, as many as were read; `view`: the first page's header; `page`: the run's place.
  LargeRunReader(io::Disk& disk, const Segment& segment, std::uint32_t page, const PageView& view, AlignedBuffer pages)
      : disk_(disk), segment_(segment), page_(page), view_(view), window_(std::move(pages)), at_(kPageHeaderSize) {}

  // The next block's raw bytes, verified; empty behind the last block. Valid until the next call.
  io::Task<Result<std::string_view>> next();
  std::uint64_t read_bytes() const { return read_bytes_; }
  // An error that the caller found in what was read, with the run's place added.
  Error at_run(const Error& error) const { return at_page(error, segment_, page_); }

 private:
  // Bytes read from the device at a time.
  static constexpr std::size_t kPieceBytes = 16 * kLargeBlockSize;

  io::Task<Result<void>> refill();

  io::Disk& disk_;
  const Segment& segment_;
  std::uint32_t page_;
  const PageView view_;
  AlignedBuffer window_;
  std::size_t at_;                  // of the next block, in the window
  std::uint32_t pages_behind_ = 0;  // pages of the run that are still to be read
  std::uint32_t block_ = 0;
  std::uint64_t raw_done_ = 0;
  std::uint64_t stored_done_ = 0;
  std::uint64_t read_bytes_ = 0;
  std::unique_ptr<char[]> raw_;
};

}  // namespace terrace::storage
