// Block: a piece of a large record, compressed and checksummed by itself:
//
//   | checksum u64 | raw size u32 | stored size u32 | bytes |      sizes equal: stored as it is
//
// The checksum (XXH3) covers the block's number, its sizes and its bytes. Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "io/result.h"
#include "storage/base/limits.h"
#include "storage/base/varint.h"

namespace terrace::storage {

inline constexpr std::size_t kBlockHeaderSize = 16;
// An upper bound of what a block takes.
inline constexpr std::size_t kMaxBlockSize = kBlockHeaderSize + kLargeBlockSize;

inline std::uint64_t blocks_for(std::uint64_t raw_size) {
  return (raw_size + kLargeBlockSize - 1) / kLargeBlockSize;
}

// Writes the header before, or `raw` as it is and the header: `compressed_size` bytes stand behind the header already,
// 0 if it did not shrink. Returns the block's size.
std::size_t finish_block(char* block, std::uint32_t number, std::string_view raw, std::size_t compressed_size);

struct BlockView {
  std::uint32_t raw_size = 0;
  std::string_view stored;
};
// The next block, its checksum verified; `left` raw bytes are still to come.
Result<BlockView> read_block(ByteReader& reader, std::uint32_t number, std::uint64_t left);
// Its raw bytes, to `raw`.
Result<void> unpack_block(const BlockView& block, char* raw);

}  // namespace terrace::storage
