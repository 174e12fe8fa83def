// SegmentWriter: takes batches of record images, has a worker pack them into pages, and appends the pages to the open
// segment of its stream. One per stream (spilled, compacted), so that records of like age and life share segments.
// A write that fails is made once more in a fresh segment; the caller's records stay what they were until it is told
// where they lie.
// Ownership: borrows table and environment. Thread: the reactor's; several write() may be under way at once.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/record/object_serializer.h"
#include "storage/segment/dictionary_trainer.h"
#include "storage/segment/large_run.h"
#include "storage/segment/page.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

// Images on their way to disk, with what is needed to find their index entries again when they are there.
struct ImageBatch {
  struct Item {
    std::uint64_t hash;
    std::uint32_t database;  // Database::id
    std::size_t offset;      // of the image in `bytes`
    std::size_t size;
    std::int64_t due_ms;  // when it, or the first of its parts, expires
    // What the index must still say when the image has been written: the ticket of a record being written, or the
    // location that is copied from.
    std::uint64_t expected;
  };

  std::string bytes;
  std::vector<Item> items;
  // What they are packed into; behind the write, memory for the next one.
  PackedPages pages;

  bool empty() const { return items.empty(); }
  std::string_view image(const Item& item) const { return std::string_view(bytes).substr(item.offset, item.size); }
};

class SegmentWriter {
 public:
  // `trainer` sees what is written; nullptr: nobody does.
  SegmentWriter(const io::Environment& environment, SegmentTable& segments, SegmentKind kind,
                DictionaryTrainer* trainer)
      : environment_(environment), segments_(segments), kind_(kind), trainer_(trainer) {}

  // Sorts the batch by expiry (records that die together lie together), packs and writes it. On success one location
  // per item, in the batch's new order; the locations are not live yet (SegmentTable::add_live), and their segments
  // stay unretired until finish() has been called with the result.
  io::Task<Result<std::vector<Location>>> write(ImageBatch& batch);
  // Writes an object's image, piece by piece as it is made, as a large record in a segment of its own. Nowhere: the
  // image was given up. There is no second try as for batches: what was made is gone.
  io::Task<Result<Location>> write_streamed(ObjectSerializer& image, std::int64_t due_ms);
  // Ends a batch whose locations have all been made live or dropped.
  void finish(const std::vector<Location>& locations);

  std::uint64_t written_bytes() const { return written_bytes_; }
  // Bytes of images, before they were packed.
  std::uint64_t raw_bytes() const { return raw_bytes_; }

 private:
  struct Extent {
    Segment* segment = nullptr;
    std::uint32_t first_page = 0;
  };

  io::Task<Result<void>> write_pieces(ObjectSerializer& image, Segment& segment, LargeRunPacker& packer);
  // In pieces, one after the other: a large transfer at one go keeps the device and the kernel from others' small ones.
  io::Task<Result<void>> write_pages(Segment& segment, std::uint32_t page, std::span<const std::byte> pages);
  void show_to_trainer(const ImageBatch& batch);
  io::Task<Result<void>> place(ImageBatch& batch, std::vector<Location>& locations);
  // On failure `serial` says which segment failed, 0 if none could be made.
  io::Task<Result<Extent>> write_run_group(PackedPages& pages, std::size_t first_run, std::size_t& run_count,
                                           std::uint64_t& serial);
  static std::uint32_t stamp_group(PackedPages& pages, std::size_t first_run, const Extent& extent,
                                   std::size_t& run_count);
  io::Task<Result<void>> make_room(std::uint32_t pages);
  bool may_take_the_last() const;
  void abandon(std::uint64_t serial);
  // The open segment; nullptr if there is none, or if it was retired and removed meanwhile.
  Segment* open() const {
    Segment* segment = segments_.find(open_number_);
    return segment && segment->serial == open_serial_ && segment->state == Segment::State::kOpen ? segment : nullptr;
  }

  const io::Environment& environment_;
  SegmentTable& segments_;
  SegmentKind kind_;
  DictionaryTrainer* trainer_;
  std::uint32_t open_number_ = 0;
  std::uint64_t open_serial_ = 0;  // 0: none
  io::Semaphore rolling_{1};
  std::uint64_t written_bytes_ = 0;
  std::uint64_t raw_bytes_ = 0;
};

}  // namespace terrace::storage
