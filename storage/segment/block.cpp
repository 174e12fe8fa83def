#include "storage/segment/block.h"

#include <lz4.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace terrace::storage {

namespace {

struct BlockHeader {
  std::uint64_t checksum;
  std::uint32_t raw_size;
  std::uint32_t stored_size;
};
static_assert(sizeof(BlockHeader) == kBlockHeaderSize);

std::uint64_t block_checksum(std::uint32_t number, const BlockHeader& header, const void* bytes) {
  const std::uint64_t seed = (std::uint64_t{number} << 32) ^ (std::uint64_t{header.raw_size} << 1) ^ header.stored_size;
  return XXH3_64bits_withSeed(bytes, header.stored_size, seed);
}

Error bad_block(const char* what) {
  return {ErrorCode::kCorrupt, what};
}

}  // namespace

std::size_t finish_block(char* block, std::uint32_t number, std::string_view raw, std::size_t compressed_size) {
  char* const bytes = block + kBlockHeaderSize;
  if (compressed_size == 0) std::memcpy(bytes, raw.data(), raw.size());
  BlockHeader header{0, static_cast<std::uint32_t>(raw.size()),
                     static_cast<std::uint32_t>(compressed_size > 0 ? compressed_size : raw.size())};
  header.checksum = block_checksum(number, header, bytes);
  std::memcpy(block, &header, sizeof header);
  return sizeof header + header.stored_size;
}

Result<BlockView> read_block(ByteReader& reader, std::uint32_t number, std::uint64_t left) {
  const auto header = reader.fixed<BlockHeader>();
  const std::string_view stored = reader.take(header.stored_size);
  if (!reader.ok() || header.raw_size > left || header.raw_size == 0 || header.raw_size > kLargeBlockSize) {
    return bad_block("large record's blocks do not add up");
  }
  if (header.checksum != block_checksum(number, header, stored.data())) {
    return bad_block("block checksum does not match");
  }
  return BlockView{header.raw_size, stored};
}

Result<void> unpack_block(const BlockView& block, char* raw) {
  if (block.stored.size() == block.raw_size) {
    std::memcpy(raw, block.stored.data(), block.stored.size());
    return {};
  }
  const int size = LZ4_decompress_safe(block.stored.data(), raw, static_cast<int>(block.stored.size()),
                                       static_cast<int>(block.raw_size));
  if (size < 0 || static_cast<std::uint32_t>(size) != block.raw_size) return bad_block("block does not decompress");
  return {};
}

}  // namespace terrace::storage
