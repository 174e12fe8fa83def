#include "storage/segment/large_run.h"

#include <lz4.h>

#include <cstring>

#include "io/scheduling.h"
#include "storage/segment/block.h"

namespace terrace::storage {

void LargeRunPacker::add(std::string_view raw) {
  if (window_page_ == 0 && filled_ == 0) filled_ = kPageHeaderSize;
  window_.resize(filled_ + blocks_for(raw.size()) * kMaxBlockSize);
  for (std::size_t at = 0; at < raw.size(); at += kLargeBlockSize) {
    const std::string_view piece = raw.substr(at, kLargeBlockSize);
    io::yield_processor();
    char* const block = reinterpret_cast<char*>(window_.data()) + filled_;
    // The capacity is one byte less than the input: what cannot be compressed is stored unchanged.
    const int size = LZ4_compress_default(piece.data(), block + kBlockHeaderSize, static_cast<int>(piece.size()),
                                          static_cast<int>(piece.size()) - 1);
    const std::size_t block_size = finish_block(block, blocks_++, piece, size > 0 ? static_cast<std::size_t>(size) : 0);
    filled_ += block_size;
    stored_size_ += block_size;
  }
  raw_size_ += raw.size();
}

void LargeRunPacker::finish() {
  const std::size_t padded = (filled_ + kPageSize - 1) / kPageSize * kPageSize;
  window_.resize(padded);
  std::memset(window_.data() + filled_, 0, padded - filled_);
  filled_ = padded;
}

std::span<const std::byte> LargeRunPacker::full_pages() {
  const std::size_t skipped = window_page_ == 0 ? kPageSize : 0;
  if (full_bytes() <= skipped) return {};
  return std::span<const std::byte>(window_.data(), full_bytes()).subspan(skipped);
}

void LargeRunPacker::written() {
  const std::size_t size = full_bytes();
  if (size == 0) return;
  if (window_page_ == 0) {
    first_page_.resize(kPageSize);
    std::memcpy(first_page_.data(), window_.data(), kPageSize);
  }
  std::memmove(window_.data(), window_.data() + size, filled_ - size);
  filled_ -= size;
  window_page_ += static_cast<std::uint32_t>(size / kPageSize);
}

std::span<std::byte> LargeRunPacker::first_page() {
  write_large_header(first_page_.span(), raw_size_, stored_size_);
  return first_page_.span();
}

}  // namespace terrace::storage
