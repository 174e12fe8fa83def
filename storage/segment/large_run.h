// LargeRunPacker: makes the run of pages of one large record from its raw bytes as they come, so that neither has to be
// in memory as a whole. Pages may be written as soon as they are full, except the first: its header has the record's
// size.
// Ownership: owns its pages.
// Thread: any, one at a time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "storage/base/aligned_buffer.h"
#include "storage/segment/page.h"

namespace terrace::storage {

class LargeRunPacker {
 public:
  // Packs further bytes. All calls but the last must have whole blocks (kLargeBlockSize).
  void add(std::string_view raw);
  // No more bytes come: all pages are full.
  void finish();

  // The full pages behind the first that were not written() yet, and the number in the run of the first of them.
  std::span<const std::byte> full_pages();
  std::uint32_t full_pages_at() const { return window_page_ == 0 ? 1 : window_page_; }
  void written();

  // After finish() and written(): the first page, which is to be stamped, and the number of pages.
  std::span<std::byte> first_page();
  std::uint32_t page_count() const { return pages_for(stored_size_); }

 private:
  std::size_t full_bytes() const { return filled_ / kPageSize * kPageSize; }

  AlignedBuffer window_;           // pages not written yet
  std::size_t filled_ = 0;         // bytes of the window in use
  std::uint32_t window_page_ = 0;  // the number in the run of its first page
  AlignedBuffer first_page_;
  std::uint32_t blocks_ = 0;
  std::uint64_t raw_size_ = 0;
  std::uint64_t stored_size_ = 0;
};

}  // namespace terrace::storage
