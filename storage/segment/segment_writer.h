// SegmentWriter: takes batches of record images, lets a worker pack them into pages, and appends the pages to its open
// segments. There is one writer for spilled and one for compacted records, and each has one open segment for each class
// of remaining life, so that records of a segment die together, and the segment with them. A failed write is repeated once in a fresh segment. The caller's records stay unchanged until it has
// the locations.
// Ownership: borrows table and environment.
// Thread: the reactor's; several write() may be in flight at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/memory/ledger.h"
#include "storage/record/object_serializer.h"
#include "storage/segment/dictionary_trainer.h"
#include "storage/segment/large_run.h"
#include "storage/segment/page.h"
#include "storage/segment/segment.h"
#include "storage/segment/segment_table.h"

namespace terrace::storage {

// Images to be written, with what is needed to find their index entries again afterwards.
struct ImageBatch {
  struct Item {
    std::uint64_t hash;
    std::uint32_t database;  // Keyspace::id
    std::size_t offset;      // of the image in `bytes`
    std::size_t size;
    std::int64_t due_ms;  // when the record, or the first of its parts, expires
    // What the index must still hold when the image is written: the ticket of a record being written, or the location
    // that was copied.
    std::uint64_t expected;
  };

  static constexpr std::size_t kFreeBytes = kTinyLimits ? 32 * kKiB : 1 * kMiB;

  std::string bytes;
  std::vector<Item> items;
  // The pages they were packed into. After the write: memory for the next batch.
  PackedPages pages;

  LedgerCharge charge;

  ImageBatch() = default;
  explicit ImageBatch(Ledger& ledger) : charge(ledger, Account::kImages) {}
  // Charges the memory beyond kFreeBytes. There are few batches: so much of each is part of a server's fixed cost.
  void update_charge() {
    const std::size_t takes = bytes.capacity() + pages.bytes.capacity();
    charge.resize(takes - std::min(takes, kFreeBytes));
  }
  bool empty() const { return items.empty(); }
  std::string_view image(const Item& item) const { return std::string_view(bytes).substr(item.offset, item.size); }
};

class SegmentWriter {
 public:
  // `trainer` samples what is written; nullptr: none does.
  SegmentWriter(const io::Environment& environment, SegmentTable& segments, SegmentKind kind,
                DictionaryTrainer* trainer)
      : environment_(environment), segments_(segments), kind_(kind), trainer_(trainer) {}

  // Sorts the batch by expiry (records that expire together lie together), packs and writes it. The result has one
  // location for each item, in the batch's new order. The locations are not live yet (SegmentTable::add_live); their
  // segments are not retired before finish() is called with the result.
  io::Task<Result<std::vector<Location>>> write(ImageBatch& batch);
  // Writes an object's image, piece by piece as it is made, as the only record of a new segment. Returns
  // Location{} if the image was given up. A failed write is not repeated: what was made of the image is gone.
  io::Task<Result<Location>> write_streamed(ObjectSerializer& image, std::int64_t due_ms);
  // Ends a batch, when each of its locations was made live or was dropped.
  void finish(const std::vector<Location>& locations);

  std::uint64_t written_bytes() const { return written_bytes_; }
  // Bytes of images before packing.
  std::uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  // Classes of the remaining life of records: less than half a minute, and each longer class eight times as long as the
  // one before. Longer lives are in the last class, with records that never expire.
  static constexpr unsigned kLifeClasses = 6;
  static constexpr std::int64_t kShortestLifeMs = 30'000;
  static constexpr unsigned kLifeFactor = 8;

  struct OpenSegment {
    std::uint32_t number = 0;
    std::uint64_t serial = 0;  // 0: none
  };
  struct Extent {
    Segment* segment = nullptr;
    std::uint32_t first_page = 0;
  };

  io::Task<Result<void>> write_pieces(ObjectSerializer& image, Segment& segment, LargeRunPacker& packer);
  // In pieces, one after the other: one large transfer would delay others' small ones in the kernel and on the device.
  io::Task<Result<void>> write_pages(Segment& segment, std::uint32_t page, std::span<const std::byte> pages);
  void show_to_trainer(const ImageBatch& batch);
  io::Task<Result<void>> place(ImageBatch& batch, std::vector<Location>& locations);
  // On failure, `serial` is the segment that failed; 0 if none could be created.
  // Writes runs of one class, beginning with the first of `runs`, as many as the open segment takes.
  io::Task<Result<Extent>> write_run_group(PackedPages& pages, std::span<const PackedRun> runs, OpenSegment& into,
                                           std::size_t& run_count, std::uint64_t& serial);
  static std::uint32_t stamp_group(PackedPages& pages, std::span<const PackedRun> runs, const Extent& extent,
                                   std::size_t& run_count);
  io::Task<Result<void>> make_room(OpenSegment& into, std::uint32_t pages);
  bool may_take_the_last() const;
  void abandon(OpenSegment& into, std::uint64_t serial);
  // nullptr: there is none, or it was retired and deleted since.
  Segment* find(const OpenSegment& open) const {
    Segment* segment = segments_.find(open.number);
    return segment && segment->serial == open.serial && segment->state == Segment::State::kOpen ? segment : nullptr;
  }
  static unsigned life_class(std::int64_t due_ms, std::int64_t now_ms);
  // The class of each run: that of its record with the longest life.
  std::vector<unsigned> life_classes(const ImageBatch& batch) const;

  const io::Environment& environment_;
  SegmentTable& segments_;
  SegmentKind kind_;
  DictionaryTrainer* trainer_;
  std::array<OpenSegment, kLifeClasses> open_;
  io::Semaphore rolling_{1};
  std::uint64_t written_bytes_ = 0;
  std::uint64_t raw_bytes_ = 0;
};

}  // namespace terrace::storage
