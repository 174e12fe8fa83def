#include "storage/segment/large_run_reader.h"

#include <algorithm>
#include <cstring>

#include "storage/base/disk_error.h"
#include "storage/segment/block.h"

namespace terrace::storage {

io::Task<Result<std::string_view>> LargeRunReader::next() {
  if (raw_done_ == view_.raw_size) {
    if (stored_done_ != view_.stored_size) {
      co_return at_page({ErrorCode::kCorrupt, "large record's blocks do not add up"}, segment_, page_);
    }
    co_return std::string_view();
  }
  if (!raw_) {
    raw_ = std::make_unique_for_overwrite<char[]>(kLargeBlockSize);
    pages_behind_ = static_cast<std::uint32_t>(window_.size() / kPageSize);
  }
  if (window_.size() - at_ < kMaxBlockSize && pages_behind_ < view_.page_count) {
    Result<void> filled = co_await refill();
    if (!filled.ok()) co_return filled.error();
  }
  const std::uint64_t left = std::min<std::uint64_t>(window_.size() - at_, view_.stored_size - stored_done_);
  ByteReader reader({reinterpret_cast<const char*>(window_.data()) + at_, static_cast<std::size_t>(left)});
  const Result<BlockView> block = read_block(reader, block_++, view_.raw_size - raw_done_);
  if (!block.ok()) co_return at_page(block.error(), segment_, page_);
  const Result<void> unpacked = unpack_block(*block, raw_.get());
  if (!unpacked.ok()) co_return at_page(unpacked.error(), segment_, page_);
  const std::size_t size = left - reader.remaining();
  at_ += size;
  stored_done_ += size;
  raw_done_ += block->raw_size;
  co_return std::string_view(raw_.get(), block->raw_size);
}

// The rest of the window is moved in front of the next pages, which must be aligned.
io::Task<Result<void>> LargeRunReader::refill() {
  const std::size_t rest = window_.size() - at_;
  const std::size_t lead =
      (rest + AlignedBuffer::kAlignment - 1) / AlignedBuffer::kAlignment * AlignedBuffer::kAlignment;
  const std::size_t size = std::min(kPieceBytes, std::size_t{view_.page_count - pages_behind_} * kPageSize);
  AlignedBuffer next(lead + size);
  std::memcpy(next.data() + lead - rest, window_.data() + at_, rest);
  window_ = std::move(next);
  at_ = lead - rest;
  const std::uint64_t offset = (std::uint64_t{page_} + pages_behind_) * kPageSize;
  const std::int32_t read = co_await disk_.read(segment_.file, offset, window_.span().subspan(lead));
  read_bytes_ += size;
  pages_behind_ += static_cast<std::uint32_t>(size / kPageSize);
  co_return check_full("read", FilePath::segment(segment_.serial), offset, read, size);
}

}  // namespace terrace::storage
