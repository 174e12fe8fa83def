// SegmentTable: all segments, by number, and their life from the first page to the deletion of the file.
//
// Invariants:
// - live_records is the number of entries and clean records that refer to the segment (drop_live() checks that it does
//   not fall below 0).
// - overwritten_records are among them (checked by add_overwritten(), drop_overwritten()).
// - A record becomes live only in a segment that is not retired (checked by add_live()): a segment with writes in
//   flight, which are to make records live, is not retired.
// - Who uses a segment across a suspension holds a Pin: the segment is not deleted, and its file is not closed once it
//   is open (checked by close_all()).
// Ownership: the table owns segments.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "io/disk.h"
#include "io/result.h"
#include "io/task.h"
#include "storage/base/location.h"
#include "storage/segment/dictionaries.h"
#include "storage/segment/segment.h"
#include "storage/segment/segment_files.h"

namespace terrace::storage {

class SegmentTable {
 public:
  explicit SegmentTable(io::Disk& disk, std::uint64_t store_id)
      : disk_(disk), store_id_(store_id), dictionaries_(disk), files_(disk) {}
  SegmentTable(const SegmentTable&) = delete;
  SegmentTable& operator=(const SegmentTable&) = delete;

  void set_store_id(std::uint64_t store_id) { store_id_ = store_id; }
  Dictionaries& dictionaries() { return dictionaries_; }
  const Dictionaries& dictionaries() const { return dictionaries_; }
  SegmentFiles& files() { return files_; }
  const SegmentFiles& files() const { return files_; }

  class Pin {
   public:
    Pin() = default;
    explicit Pin(Segment* segment) : segment_(segment) { ++segment_->pins; }
    Pin(Pin&& other) noexcept : segment_(std::exchange(other.segment_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (segment_ && --segment_->pins == 0) segment_->files->unpinned();
    }

   private:
    Segment* segment_ = nullptr;
  };

  // For a later read. Many segments may be held at a time, more than files may be open.
  class Hold {
   public:
    explicit Hold(Segment* segment) : segment_(segment) { ++segment_->holds; }
    Hold(Hold&& other) noexcept : segment_(std::exchange(other.segment_, nullptr)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (segment_) --segment_->holds;
    }

   private:
    Segment* segment_;
  };

  Segment* find(std::uint32_t number) const { return number < segments_.size() ? segments_[number].get() : nullptr; }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& segment : segments_) {
      if (segment) visit(*segment);
    }
  }

  // Creates a file for at least `pages` pages (header included) and writes its header.
  io::Task<Result<Segment*>> create(SegmentKind kind, std::uint32_t pages);
  // Opens a segment that a checkpoint names, and checks its header.
  io::Task<Result<void>> adopt(std::unique_ptr<Segment> segment);
  // Retires the segments in which recovery found no live record.
  void retire_dead();
  // Deletes the files in the directory that are of no adopted segment.
  io::Task<Result<void>> remove_unknown_files();
  // Closes all files, for Engine::close().
  io::Task<void> close_all();

  // An entry or a clean record refers to this location now; or no longer: ignored in a segment that was deleted.
  void add_live(Location location);
  void drop_live(Location location);
  // A live record's entry has become an overwritten entry, or is none any more.
  void add_overwritten(Location location);
  void drop_overwritten(Location location);
  void seal(Segment& segment);
  // Called when the last of writes_in_flight is done: a sealed segment without live records may be retired now.
  void write_ended(Segment& segment) { retire_if_dead(segment); }

  // The number of cuts begun so far. A segment that is retired now may be in that cut and in all before.
  void cut_begun() { ++cuts_begun_; }
  std::uint64_t cuts_begun() const { return cuts_begun_; }
  // Deletes the segments that were retired before cut `number` began; called when that cut's checkpoint is durable.
  io::Task<Result<void>> remove_retired(std::uint64_t number);
  std::uint64_t retired_bytes() const;
  // Bytes of open segments that are allocated and not given to writers yet.
  std::uint64_t unused_bytes() const;

  // Syncs (fdatasync) every segment that cut `number` may refer to and that was written since its last sync. All writes
  // that the cut needs must have completed.
  io::Task<Result<void>> sync_all(std::uint64_t number);

  std::uint64_t next_serial() const { return next_serial_; }
  void set_next_serial(std::uint64_t serial) { next_serial_ = serial; }
  std::uint64_t count() const { return count_; }
  std::uint64_t bytes() const;
  // At most kSegmentSize; 0: the size of new segments follows the store.
  void set_segment_size(std::uint64_t bytes) { segment_size_ = bytes; }
  // The capacity of the next segment, header included.
  std::uint32_t next_capacity_pages() const;

 private:
  void retire_if_dead(Segment& segment);
  io::Task<Result<void>> make_file(Segment& segment);
  io::Task<Result<void>> check_header(const Segment& segment);

  io::Disk& disk_;
  std::uint64_t store_id_;
  Dictionaries dictionaries_;
  SegmentFiles files_;
  std::uint64_t segment_size_ = 0;
  std::vector<std::unique_ptr<Segment>> segments_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t count_ = 0;
  std::uint64_t cuts_begun_ = 0;
};

}  // namespace terrace::storage
