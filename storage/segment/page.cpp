#include "storage/segment/page.h"

#define LZ4_STATIC_LINKING_ONLY
#define LZ4_HC_STATIC_LINKING_ONLY
#include <lz4.h>
#include <lz4hc.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "io/scheduling.h"
#include "storage/base/varint.h"
#include "storage/segment/block.h"
#include "storage/segment/dictionary.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kPageMagic = 0x47505254;  // "TRPG"
enum : std::uint8_t { kKindPacked = 1, kKindLarge = 2 };
enum : std::uint8_t { kCodecNone = 0, kCodecLz4 = 1, kCodecLz4Dictionary = 2 };

struct PageHeader {
  std::uint64_t checksum;
  std::uint64_t segment_serial;
  std::uint32_t magic;
  std::uint16_t page_number;
  std::uint8_t kind;
  std::uint8_t codec;
  std::uint16_t record_count;
  std::uint16_t reserved;
  std::uint32_t raw_size;
  std::uint32_t stored_size;
  std::uint32_t dictionary;  // fingerprint, for kCodecLz4Dictionary; otherwise 0
};
static_assert(sizeof(PageHeader) == kPageHeaderSize);

constexpr std::uint32_t kPayload = kPageSize - kPageHeaderSize;

std::uint64_t page_checksum(const std::byte* page) {
  return XXH3_64bits(page + sizeof(std::uint64_t), kPageSize - sizeof(std::uint64_t));
}

// A large record's sizes have their upper 16 bits where other pages name their dictionary.
constexpr unsigned kLargeSizeBits = 48;
static_assert(kMaxImageSize < std::uint64_t{1} << kLargeSizeBits);

// Appends `pages` zeroed pages; returns the offset of the first.
std::size_t add_pages(PackedPages& out, std::uint64_t pages) {
  const std::size_t offset = out.bytes.size();
  out.runs.push_back({static_cast<std::uint32_t>(offset / kPageSize), static_cast<std::uint32_t>(pages)});
  out.bytes.resize(offset + pages * kPageSize);
  std::memset(out.bytes.data() + offset, 0, pages * kPageSize);
  return offset;
}

PageHeader header_of(std::uint8_t kind, std::uint8_t codec, std::size_t records, std::size_t raw, std::size_t stored) {
  PageHeader header{};
  header.magic = kPageMagic;
  header.kind = kind;
  header.codec = codec;
  header.record_count = static_cast<std::uint16_t>(records);
  header.raw_size = static_cast<std::uint32_t>(raw);
  header.stored_size = static_cast<std::uint32_t>(stored);
  return header;
}

// LZ4 at one of its two levels, with or without a dictionary.
class Compressor {
 public:
  explicit Compressor(const PackOptions& options) : options_(options) {
    if (options.thorough) {
      thorough_ = LZ4_createStreamHC();
    } else {
      fast_ = LZ4_createStream();
    }
    TERRACE_CHECK(fast_ || thorough_);
  }
  ~Compressor() {
    LZ4_freeStream(fast_);
    LZ4_freeStreamHC(thorough_);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;

  // The size of the result; 0: it exceeds `capacity`.
  std::size_t compress(std::string_view raw, char* out, std::size_t capacity, bool with_dictionary) {
    const int raw_size = static_cast<int>(raw.size());
    const int room = static_cast<int>(capacity);
    const Dictionary* dictionary = with_dictionary ? options_.dictionary : nullptr;
    int size = 0;
    io::yield_processor();  // a thorough page takes several attempts of some 100 us
    if (thorough_) {
      LZ4_resetStreamHC_fast(thorough_, kThoroughLevel);
      if (dictionary) LZ4_attach_HC_dictionary(thorough_, dictionary->thorough());
      size = LZ4_compress_HC_continue(thorough_, raw.data(), out, raw_size, room);
    } else {
      if (std::exchange(dirty_, true)) LZ4_initStream(fast_, sizeof *fast_);
      if (dictionary) LZ4_attach_dictionary(fast_, dictionary->fast());
      size = LZ4_compress_fast_continue(fast_, raw.data(), out, raw_size, room, 1);
    }
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  std::uint32_t dictionary() const { return options_.dictionary ? options_.dictionary->fingerprint() : 0; }

 private:
  const PackOptions& options_;
  LZ4_stream_t* fast_ = nullptr;
  LZ4_streamHC_t* thorough_ = nullptr;
  bool dirty_ = false;  // a stream that failed must not be reset the fast way, and most attempts end with a failure
};

// Compresses block by block, right into the pages, so that a large value is not in memory once more.
void pack_large(PackedPages& out, std::string_view image, Compressor& compressor) {
  const std::size_t offset = add_pages(out, pages_for(image.size() + blocks_for(image.size()) * kBlockHeaderSize));
  char* const begin = reinterpret_cast<char*>(out.bytes.data()) + offset + kPageHeaderSize;
  char* end = begin;
  for (std::size_t at = 0, number = 0; at < image.size(); at += kLargeBlockSize, ++number) {
    const std::string_view raw = image.substr(at, kLargeBlockSize);
    // The capacity is one byte less than the input: what cannot be compressed is stored unchanged.
    const std::size_t size = compressor.compress(raw, end + kBlockHeaderSize, raw.size() - 1, false);
    end += finish_block(end, static_cast<std::uint32_t>(number), raw, size);
  }
  const auto stored_size = static_cast<std::size_t>(end - begin);
  out.stored_bytes += stored_size;
  const std::uint32_t pages = pages_for(stored_size);
  std::memset(end, 0, static_cast<std::size_t>(reinterpret_cast<char*>(out.bytes.data()) + out.bytes.size() - end));
  out.bytes.resize(offset + std::size_t{pages} * kPageSize);
  out.runs.back().page_count = pages;
  write_large_header(out.bytes.span().subspan(offset), image.size(), stored_size);
  out.places.push_back({0, static_cast<std::uint32_t>(offset / kPageSize), large_slot(pages)});
}

// Fills one page after the other from a sequence of images.
class PagePacker {
 public:
  PagePacker(Compressor& compressor, std::span<const std::string_view> images)
      : compressor_(compressor), images_(images), left_(images.size()) {
    std::iota(left_.begin(), left_.end(), 0u);
  }

  bool done() const { return left_.empty(); }
  // Packs a page from what is left; the first image as a large record if it fits no page.
  void pack(PackedPages& out) {
    gather();
    const std::size_t plain_count = records_within(kPayload);
    std::size_t count = compress_more_than(plain_count);
    const bool plain = count == plain_count;
    if (!plain) fill_up(count);
    if (count == 0) return pack_first_as_large(out);
    const std::string_view stored =
        plain ? std::string_view(raw_).substr(0, ends_[count - 1]) : std::string_view(best_->bytes, best_->size);
    const std::uint32_t dictionary = plain ? 0 : compressor_.dictionary();
    const std::uint8_t codec = plain ? kCodecNone : dictionary != 0 ? kCodecLz4Dictionary : kCodecLz4;
    PageHeader header = header_of(kKindPacked, codec, count, ends_[count - 1], stored.size());
    header.dictionary = dictionary;
    const std::size_t offset = add_pages(out, 1);
    std::memcpy(out.bytes.data() + offset, &header, sizeof header);
    std::memcpy(out.bytes.data() + offset + sizeof header, stored.data(), stored.size());
    out.stored_bytes += stored.size();
    for (std::size_t slot = 0; slot < count; ++slot) {
      out.places.push_back(
          {left_[slot], static_cast<std::uint32_t>(offset / kPageSize), static_cast<std::uint32_t>(slot)});
    }
    left_.erase(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
  }

 private:
  struct Attempt {
    std::size_t size = 0;
    char bytes[kPayload];
  };

  void pack_first_as_large(PackedPages& out) {
    pack_large(out, images_[left_.front()], compressor_);
    out.places.back().image = left_.front();
    left_.erase(left_.begin());
  }

  // The remaining images from the front, as a page's raw bytes: as much as a page could hold at best.
  void gather() {
    raw_.clear();
    ends_.clear();
    for (const std::uint32_t number : left_) {
      if (!append_raw(images_[number])) break;
    }
  }
  bool append_raw(std::string_view image) {
    if (ends_.size() == kMaxSlotsPerPage) return false;
    if (raw_.size() + varint_size(image.size()) + image.size() > kMaxPageRawSize) return false;
    put_varint(raw_, image.size());
    raw_ += image;
    ends_.push_back(static_cast<std::uint32_t>(raw_.size()));
    return true;
  }

  std::size_t records_within(double raw_size) const {
    const auto limit = static_cast<std::uint32_t>(std::min<double>(raw_size, kMaxPageRawSize));
    return static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), limit) - ends_.begin());
  }

  // Whether raw_ up to `raw_size` fits the page. If so, the result is in best_.
  bool try_raw(std::size_t raw_size) {
    attempt_->size = compressor_.compress(std::string_view(raw_).substr(0, raw_size), attempt_->bytes, kPayload, true);
    if (attempt_->size == 0) return false;
    best_.swap(attempt_);
    ratio_ = static_cast<double>(raw_size) / static_cast<double>(best_->size);
    return true;
  }

  // Compresses as many whole records as fit, into best_, and returns their number; `plain_count` if no more fit than
  // uncompressed, and best_ is undefined then. LZ4 cannot fill a given size if there is a dictionary, so sizes are
  // tried, from the last page's ratio upwards, as long as one more record may fit. If nothing can be compressed, that
  // is one attempt a page.
  std::size_t compress_more_than(std::size_t plain_count) {
    std::size_t fitting = plain_count;
    std::size_t least_failed = ends_.size() + 1;
    std::size_t count = std::max(records_within(ratio_ * kPayload), plain_count + 1);
    for (int tries = 0; tries < kMaxTries && count > fitting && count < least_failed; ++tries) {
      if (!try_raw(ends_[count - 1])) {
        least_failed = count;
        const bool none_fitted = fitting == plain_count;
        // Very unlike the page before: the next attempts, and the next page, start from what this page may reach.
        if (none_fitted) ratio_ = std::min(ratio_, static_cast<double>(ends_[count - 1]) / double{kPayload});
        count = std::max(none_fitted ? count * 7 / 8 : (fitting + count) / 2, fitting + 1);
        continue;
      }
      fitting = count;
      // The next record would have to be compressed far better than the others.
      if (count < ends_.size() && ends_[count] > ratio_ * kPayload * kHopefulness) break;
      count = std::max(records_within(ratio_ * kPayload), count + 1);
    }
    return fitting;
  }

  // Adds to the `count` records of best_ those of the images behind them that fill the page best.
  void fill_up(std::size_t& count) {
    int failures = 0;
    while (failures < kMaxFillFailures && count < kMaxSlotsPerPage) {
      const double room = static_cast<double>(kPayload - best_->size) * ratio_;
      if (room < kLeastRoom * kPayload) return;
      const std::size_t chosen = best_fitting(count, room * (failures == 0 ? kHopefulness : 0.85));
      if (chosen == 0) return;
      raw_.resize(ends_[count - 1]);
      ends_.resize(count);
      if (!append_raw(images_[left_[chosen]]) || !try_raw(raw_.size())) {
        ++failures;
        continue;
      }
      std::rotate(left_.begin() + static_cast<std::ptrdiff_t>(count),
                  left_.begin() + static_cast<std::ptrdiff_t>(chosen),
                  left_.begin() + static_cast<std::ptrdiff_t>(chosen) + 1);
      ++count;
    }
    ends_.resize(count);
  }

  // The index in left_ of the largest image of at most `room` raw bytes among the next few; 0: none.
  std::size_t best_fitting(std::size_t from, double room) const {
    std::size_t best = 0;
    const std::size_t end = std::min(left_.size(), from + kFillWindow);
    for (std::size_t place = from; place < end; ++place) {
      const std::size_t size = images_[left_[place]].size();
      if (static_cast<double>(size) > room) continue;
      if (best == 0 || size > images_[left_[best]].size()) best = place;
    }
    return best;
  }

  static constexpr int kMaxTries = 8;
  static constexpr double kHopefulness = 1.04;
  // Images considered for filling up a page: few, because neighbours expire together.
  static constexpr std::size_t kFillWindow = 32;
  static constexpr int kMaxFillFailures = 2;
  static constexpr double kLeastRoom = 0.03;  // of a page

  Compressor& compressor_;
  std::span<const std::string_view> images_;
  std::vector<std::uint32_t> left_;  // indexes of images, the next page's first
  std::string raw_;
  std::vector<std::uint32_t> ends_;  // of each gathered record, in raw_
  double ratio_ = 1.7;               // raw bytes for a compressed byte, as last measured
  std::unique_ptr<Attempt> best_ = std::make_unique<Attempt>();
  std::unique_ptr<Attempt> attempt_ = std::make_unique<Attempt>();
};

Error bad_page(const std::string& what) {
  return {ErrorCode::kCorrupt, what};
}

}  // namespace

void write_large_header(std::span<std::byte> first_page, std::uint64_t raw_size, std::uint64_t stored_size) {
  PageHeader header = header_of(kKindLarge, kCodecLz4, 1, raw_size, stored_size);
  header.dictionary = static_cast<std::uint32_t>(raw_size >> 32 | stored_size >> 32 << 16);
  std::memcpy(first_page.data(), &header, sizeof header);
}

PackedPages pack_pages(std::span<const std::string_view> images, const PackOptions& options, PackedPages used) {
  PackedPages out = std::move(used);
  out.clear();
  out.places.reserve(images.size());
  // What cannot be compressed takes slightly more than its raw size; then the vector grows.
  std::size_t raw_bytes = 0;
  for (const std::string_view image : images) raw_bytes += image.size();
  out.bytes.reserve(raw_bytes + kPageSize);
  Compressor compressor(options);
  PagePacker packer(compressor, images);
  while (!packer.done()) packer.pack(out);
  return out;
}

void stamp_pages(std::span<std::byte> run, std::uint64_t segment_serial, std::uint32_t first_page) {
  PageHeader header;
  std::memcpy(&header, run.data(), sizeof header);
  header.segment_serial = segment_serial;
  header.page_number = static_cast<std::uint16_t>(first_page);
  std::memcpy(run.data(), &header, sizeof header);
  header.checksum = page_checksum(run.data());
  std::memcpy(run.data(), &header.checksum, sizeof header.checksum);
}

Result<PageView> check_page(std::span<const std::byte> page, std::uint64_t segment_serial, std::uint32_t page_number) {
  TERRACE_CHECK(page.size() >= kPageSize);
  PageHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  if (header.magic != kPageMagic) return bad_page("no page here (wrong magic)");
  if (header.checksum != page_checksum(page.data())) return bad_page("page checksum does not match");
  if (header.segment_serial != segment_serial || header.page_number != page_number) {
    return bad_page("page belongs elsewhere");
  }
  const bool large = header.kind == kKindLarge;
  if (!large && header.kind != kKindPacked) return bad_page("unknown kind of page");
  if (header.codec > kCodecLz4Dictionary || header.record_count == 0) return bad_page("unknown codec or no records");
  if (!large && (header.codec == kCodecLz4Dictionary) != (header.dictionary != 0)) {
    return bad_page("codec and dictionary disagree");
  }
  PageView view{large, header.record_count, header.raw_size, header.stored_size, 1, header.dictionary};
  if (large) {
    view.raw_size |= std::uint64_t{header.dictionary & 0xFFFF} << 32;
    view.stored_size |= std::uint64_t{header.dictionary >> 16} << 32;
    view.dictionary = 0;
    view.page_count = pages_for(view.stored_size);
  }
  // LZ4 expands a byte to 255 at most.
  const bool credible = view.raw_size / 256 <= view.stored_size &&
                        (large ? view.raw_size <= kMaxImageSize && view.stored_size <= kMaxStoredImageSize
                               : view.stored_size <= kPayload && view.raw_size <= kMaxPageRawSize);
  if (!credible) return bad_page("page sizes out of range");
  return view;
}

namespace {

Result<UnpackedPage> unpack_packed(std::span<const std::byte> page, const PageView& view,
                                   const Dictionary* dictionary) {
  PageHeader header;
  std::memcpy(&header, page.data(), sizeof header);
  const char* stored = reinterpret_cast<const char*>(page.data()) + kPageHeaderSize;
  if (header.codec == kCodecNone) {
    if (view.raw_size != view.stored_size) return bad_page("sizes of a plain page differ");
    return UnpackedPage{{stored, view.stored_size}, nullptr};
  }
  if (view.dictionary != 0 && (!dictionary || dictionary->fingerprint() != view.dictionary)) {
    return bad_page("dictionary " + std::to_string(view.dictionary) + ", which the page needs, is missing or damaged");
  }
  UnpackedPage unpacked;
  if (!dictionary) unpacked.own = std::make_unique_for_overwrite<char[]>(view.raw_size);
  char* raw = dictionary ? dictionary->room().data() : unpacked.own.get();
  const std::string_view learnt = dictionary ? dictionary->bytes() : std::string_view();
  const int size =
      LZ4_decompress_safe_usingDict(stored, raw, static_cast<int>(view.stored_size), static_cast<int>(view.raw_size),
                                    learnt.data(), static_cast<int>(learnt.size()));
  if (size < 0 || static_cast<std::uint32_t>(size) != view.raw_size) return bad_page("page does not decompress");
  unpacked.bytes = {raw, view.raw_size};
  return unpacked;
}

Result<UnpackedPage> unpack_large(std::span<const std::byte> run, const PageView& view) {
  if (run.size() < std::size_t{view.page_count} * kPageSize) return bad_page("large record is cut short");
  ByteReader reader({reinterpret_cast<const char*>(run.data()) + kPageHeaderSize, view.stored_size});
  UnpackedPage unpacked{{}, std::make_unique_for_overwrite<char[]>(view.raw_size)};
  char* raw = unpacked.own.get();
  std::uint64_t filled = 0;
  for (std::uint32_t number = 0; filled < view.raw_size; ++number) {
    const Result<BlockView> block = read_block(reader, number, view.raw_size - filled);
    if (!block.ok()) return block.error();
    const Result<void> done = unpack_block(*block, raw + filled);
    if (!done.ok()) return done.error();
    filled += block->raw_size;
  }
  if (reader.remaining() != 0) return bad_page("large record's blocks do not add up");
  unpacked.bytes = {raw, view.raw_size};
  return unpacked;
}

}  // namespace

Result<UnpackedPage> unpack_page(std::span<const std::byte> run, const PageView& view, const Dictionary* dictionary) {
  return view.large ? unpack_large(run, view) : unpack_packed(run, view, dictionary);
}

}  // namespace terrace::storage
