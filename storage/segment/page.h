// Pages: what a segment consists of. A packed page holds several records, compressed together. A large record takes a
// run of whole pages. See FORMAT.md.
//
//   page      | checksum u64 | segment serial u64 | magic u32 | page number u16 | kind u8 | codec u8 |
//             | records u16 | 0 u16 | raw size u32 | stored size u32 | dictionary u32 | stored bytes ... | zeros |
//   packed    raw bytes = for each record: varint size, image
//   large     stored bytes = blocks (block.h), over all pages of the run; instead of the dictionary: bits 32 to 47 of
//             the raw size u16 | and of the stored size u16 |
//
// The page's checksum (XXH3) covers everything behind it in the page, but not the run's other pages. Packing does not
// know where the pages will lie: stamp_pages() adds place and checksum.
// Thread: pure functions, called by workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "storage/base/aligned_buffer.h"
#include "storage/base/limits.h"
#include "storage/base/varint.h"

namespace terrace::storage {

inline constexpr std::uint32_t kPageHeaderSize = 40;

// The number of pages of a run with this many bytes behind its header.
inline std::uint32_t pages_for(std::uint64_t stored_size) {
  return static_cast<std::uint32_t>((kPageHeaderSize + stored_size + kPageSize - 1) / kPageSize);
}
// The slot in a large record's location: how many pages to read at once.
inline std::uint32_t large_slot(std::uint32_t page_count) {
  return kFirstLargeSlot + (page_count < kMaxReadAheadPages ? page_count : kMaxReadAheadPages) - 1;
}

// The place of one packed image; the page is counted from the batch's first.
struct PackedPlace {
  std::uint32_t image = 0;  // its index in the given images
  std::uint32_t page = 0;
  std::uint32_t slot = 0;
};

// Pages that must be adjacent: one packed page, or the run of one large record.
struct PackedRun {
  std::uint32_t first_page = 0;
  std::uint32_t page_count = 1;
};

struct PackedPages {
  AlignedBuffer bytes;
  std::vector<PackedRun> runs;
  std::vector<PackedPlace> places;  // one for each image, in the order of pages and slots
  std::uint64_t stored_bytes = 0;   // bytes of the images without headers and padding

  std::uint32_t page_count() const { return static_cast<std::uint32_t>(bytes.size() / kPageSize); }
  // Keeps the allocated memory.
  void clear() {
    bytes.resize(0);
    runs.clear();
    places.clear();
    stored_bytes = 0;
  }
};

class Dictionary;

struct PackOptions {
  const Dictionary* dictionary = nullptr;  // for packed pages; nullptr: none
  bool thorough = false;                   // LZ4 HC: several times the time for fewer pages
};

// Packs images into as few pages as LZ4 can make of them, nearly in order: if the next image does not fit a page, one
// of the images behind it may. `used`: an earlier result whose memory is reused.
PackedPages pack_pages(std::span<const std::string_view> images, const PackOptions& options, PackedPages used = {});

// Writes a large record's page header, without place and checksum.
void write_large_header(std::span<std::byte> first_page, std::uint64_t raw_size, std::uint64_t stored_size);

// Writes place and checksum into the first page of each run. The other pages of a run are covered by their blocks.
void stamp_pages(std::span<std::byte> run, std::uint64_t segment_serial, std::uint32_t first_page);

// The header of a run's first page, after its magic, checksum, place and sizes were checked.
struct PageView {
  bool large = false;
  std::uint32_t record_count = 0;
  std::uint64_t raw_size = 0;
  std::uint64_t stored_size = 0;
  std::uint32_t page_count = 1;
  std::uint32_t dictionary = 0;  // fingerprint of the dictionary that it was packed with; 0: none
};
Result<PageView> check_page(std::span<const std::byte> page, std::uint64_t segment_serial, std::uint32_t page_number);

// The raw bytes of a packed page, or the image of a large record from its whole run. `bytes` lie in the run; or in the
// dictionary's room, until the next page is unpacked with that dictionary; or in `own`.
struct UnpackedPage {
  std::string_view bytes;
  std::unique_ptr<char[]> own;
};
// Checks everything. `dictionary`: the one that the view names; nullptr if it names none, or if that is missing (which
// is an error). Thread: the reactor's only.
Result<UnpackedPage> unpack_page(std::span<const std::byte> run, const PageView& view, const Dictionary* dictionary);

// Calls `each(slot, image)` for the images in a packed page's raw bytes, in slot order. An error if their sizes do not
// add up to the bytes; `each` may have been called by then.
template <typename Each>
Result<void> split_images(std::string_view raw, std::uint32_t record_count, const Each& each) {
  ByteReader reader(raw);
  for (std::uint32_t slot = 0; slot < record_count; ++slot) {
    const std::uint64_t size = reader.varint();
    const std::string_view image = reader.take(size);
    if (!reader.ok()) break;
    each(slot, image);
  }
  if (!reader.ok() || reader.remaining() != 0) {
    return Error{ErrorCode::kCorrupt, "records do not add up to the page"};
  }
  return {};
}

}  // namespace terrace::storage
