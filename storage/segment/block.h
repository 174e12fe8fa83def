// Block: a part of a large record, with its own compression and checksum:
//
//   | checksum u64 | raw size u32 | stored size u32 | bytes |      equal sizes: stored uncompressed
//
// The checksum (XXH3) covers the block's number, its sizes and its bytes.
// Thread: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "io/result.h"
#include "storage/base/limits.h"
#include "storage/base/varint.h"

namespace terrace::storage {

inline constexpr std::size_t kBlockHeaderSize = 16;
// An upper bound of a block's size.
inline constexpr std::size_t kMaxBlockSize = kBlockHeaderSize + kLargeBlockSize;

inline std::uint64_t blocks_for(std::uint64_t raw_size) {
  return (raw_size + kLargeBlockSize - 1) / kLargeBlockSize;
}

// Writes the header, and `raw` itself if it was not compressed. `compressed_size`: bytes behind the header already; 0:
// compression did not make it smaller. Returns the block's size.
std::size_t finish_block(char* block, std::uint32_t number, std::string_view raw, std::size_t compressed_size);

struct BlockView {
  std::uint32_t raw_size = 0;
  std::string_view stored;
};
// The next block, with its checksum verified; `left` raw bytes have not been read yet.
Result<BlockView> read_block(ByteReader& reader, std::uint32_t number, std::uint64_t left);
// Writes its raw bytes to `raw`.
Result<void> unpack_block(const BlockView& block, char* raw);

}  // namespace terrace::storage
