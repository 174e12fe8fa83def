// Segment: one append-only file of pages, with what memory holds of it. SegmentTable: all segments, by number.
//
//    open ──seal──► sealed ──no live record──► retired ──checkpoint──► deleted
//
// One writer appends to an open segment; a sealed one is only read. No entry refers to a retired one, except entries of
// the last durable checkpoint: its file is deleted when a checkpoint that began later is durable.
//
// Invariants:
// - live_records is the number of entries and clean records that refer to the segment (drop_live() checks that it does
//   not fall below 0).
// - overwritten_records are among them (checked by add_overwritten(), drop_overwritten()).
// - A record becomes live only in a segment that is not retired (checked by add_live()): a segment with writes in
//   flight, which are to make records live, is not retired.
// - A pinned segment's file stays open (checked by close_all()).
// Ownership: the table owns segments; a Pin keeps a segment's file open across a suspension.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "io/disk.h"
#include "io/result.h"
#include "io/task.h"
#include "storage/base/location.h"
#include "storage/record/record.h"
#include "storage/segment/dictionaries.h"

namespace terrace::storage {

enum class SegmentKind : std::uint8_t { kSpilled = 1, kCompacted = 2 };

struct Segment {
  enum class State : std::uint8_t { kOpen, kSealed, kRetired };

  const Dictionaries* dictionaries = nullptr;  // the table's, which its pages may need
  std::uint32_t number = 0;                    // in Locations; reused only after 2^20 further segments
  std::uint64_t serial = 0;                    // in the file's name and in every page; never reused
  SegmentKind kind = SegmentKind::kSpilled;
  State state = State::kOpen;
  io::FileHandle file = io::kNoFile;
  std::uint32_t capacity_pages = 0;  // capacity of the file, with the header page
  std::uint32_t used_pages = 0;      // given to writers, with the header page
  std::uint32_t total_records = 0;
  std::uint32_t live_records = 0;  // referred to by the index or by a hot record's clean image
  std::uint32_t overwritten_records =
      0;  // of these, only by overwritten entries: most likely dead, which is resolved by reading them
  std::uint32_t pins = 0;
  std::uint32_t writes_in_flight = 0;
  bool needs_sync = false;  // something was written since the last sync
  bool damaged = false;     // a page of it was found bad: compaction skips it
  // A sync failed: what was written since the last good sync may be lost by a power cut, whatever later syncs return.
  // No checkpoint may refer to it; compaction copies its records elsewhere.
  bool suspect = false;
  bool emptied = false;  // compaction has moved everything that could be read
  std::uint64_t retired_at_cut = 0;
  // Pages that a failed write left without content; nothing refers to them.
  struct Hole {
    std::uint32_t first_page;
    std::uint32_t page_count;
  };
  std::vector<Hole> holes;
  // The earliest expiry of each page's records. Empty if no record expires.
  std::vector<ExpiryTick> page_expiry;
  ExpiryTick earliest_expiry = kNoTick;
  // By then all records have expired; kNoTick: some never expire, or it is not known (after recovery).
  ExpiryTick last_expiry = kNoTick;

  std::uint64_t used_bytes() const { return std::uint64_t{used_pages} * kPageSize; }
  double dead_share() const {
    if (total_records == 0) return 0.0;
    return static_cast<double>(dead_records()) / static_cast<double>(total_records);
  }
  // Overwritten records count as dead.
  std::uint32_t dead_records() const { return total_records - live_records + overwritten_records; }
  std::uint64_t live_bytes() const {
    return total_records == 0 ? 0 : used_bytes() * (total_records - dead_records()) / total_records;
  }
  // Of a record that this page has, in the next: of one that was added to it.
  void note_expiry(std::uint32_t page, std::int64_t expiry_ms);
  void add_record(std::uint32_t page, std::int64_t due_ms);
};

// `error` with the file and the offset added.
Error at_page(const Error& error, const Segment& segment, std::uint32_t page);

class SegmentTable {
 public:
  explicit SegmentTable(io::Disk& disk, std::uint64_t store_id)
      : disk_(disk), store_id_(store_id), dictionaries_(disk) {}
  SegmentTable(const SegmentTable&) = delete;
  SegmentTable& operator=(const SegmentTable&) = delete;

  void set_store_id(std::uint64_t store_id) { store_id_ = store_id; }
  Dictionaries& dictionaries() { return dictionaries_; }
  const Dictionaries& dictionaries() const { return dictionaries_; }

  class Pin {
   public:
    Pin() = default;
    explicit Pin(Segment* segment) : segment_(segment) { ++segment_->pins; }
    Pin(Pin&& other) noexcept : segment_(std::exchange(other.segment_, nullptr)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (segment_) --segment_->pins;
    }

   private:
    Segment* segment_ = nullptr;
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
  // The capacity of the next segment, header included.
  std::uint32_t next_capacity_pages() const;

 private:
  void retire_if_dead(Segment& segment);
  io::Task<Result<void>> make_file(Segment& segment);
  io::Task<Result<void>> check_header(const Segment& segment);

  io::Disk& disk_;
  std::uint64_t store_id_;
  Dictionaries dictionaries_;
  std::vector<std::unique_ptr<Segment>> segments_;
  std::uint64_t next_serial_ = 1;
  std::uint64_t count_ = 0;
  std::uint64_t cuts_begun_ = 0;
};

}  // namespace terrace::storage
