// Segment: one append-only file of pages, and what memory knows of it. SegmentTable: all of them, by number.
// A segment is open (one writer appends), sealed (only read), or retired (nothing refers to it but perhaps the last
// durable checkpoint; its file goes once a checkpoint that began later is durable).
// Ownership: the table owns segments; a Pin keeps one's file open across a suspension. Thread: the reactor's.
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

  const Dictionaries* dictionaries = nullptr;  // that its pages may need; the table says which
  std::uint32_t number = 0;                    // in Locations; taken again only after 2^20 further segments
  std::uint64_t serial = 0;                    // in the file's name and every page; never taken again
  SegmentKind kind = SegmentKind::kSpilled;
  State state = State::kOpen;
  io::FileHandle file = io::kNoFile;
  std::uint32_t capacity_pages = 0;  // that the file was made for, with the header page
  std::uint32_t used_pages = 0;      // handed out to writers, with the header page
  std::uint32_t total_records = 0;
  std::uint32_t live_records = 0;  // the index (or a hot record's clean image) refers to them
  std::uint32_t overwritten_records =
      0;  // of these, only by overwritten entries: most likely dead, which is resolved by reading them
  std::uint32_t pins = 0;
  std::uint32_t writes_in_flight = 0;
  bool needs_sync = false;  // something was written since the last sync
  bool damaged = false;     // a page of it was found bad: compaction leaves it alone
  // A sync failed: what was written since the last good one may be lost at a power cut whatever later syncs say. No
  // checkpoint may refer to it; compaction copies its records elsewhere.
  bool suspect = false;
  bool emptied = false;  // compaction has moved all that could be read of it
  std::uint64_t retired_at_cut = 0;
  // Pages that a failed write left without meaning; nothing refers to them.
  struct Hole {
    std::uint32_t first_page;
    std::uint32_t page_count;
  };
  std::vector<Hole> holes;
  // Per page the earliest expiry of its records, Unix seconds rounded up, 0 none; empty if no record has one.
  std::vector<std::uint32_t> page_expiry;
  std::uint32_t earliest_expiry = 0;

  std::uint64_t used_bytes() const { return std::uint64_t{used_pages} * kPageSize; }
  double dead_share() const {
    if (total_records == 0) return 0.0;
    return static_cast<double>(dead_records()) / static_cast<double>(total_records);
  }
  // BlindOverwrites count as dead.
  std::uint32_t dead_records() const { return total_records - live_records + overwritten_records; }
  std::uint64_t live_bytes() const {
    return total_records == 0 ? 0 : used_bytes() * (total_records - dead_records()) / total_records;
  }
  void note_expiry(std::uint32_t page, std::int64_t expiry_ms);
};

// The error of what lies there, with the file and the offset.
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

  // Makes the file for at least `pages` pages (header included) and writes its header.
  io::Task<Result<Segment*>> create(SegmentKind kind, std::uint32_t pages);
  // Takes up a file that a checkpoint names; checks its header.
  io::Task<Result<void>> adopt(std::unique_ptr<Segment> segment);
  // Retires what recovery found without live records.
  void retire_dead();
  // Deletes files in the folder that no adopted segment owns.
  io::Task<Result<void>> remove_unknown_files();
  // Closes all files, for Engine::close().
  io::Task<void> close_all();

  // A record became, or ceased to be, referred to. Locations of segments that are gone are ignored.
  void add_live(Location location);
  void drop_live(Location location);
  // A live record's entry became, or ceased to be, an overwritten entry.
  void add_overwritten(Location location);
  void drop_overwritten(Location location);
  void seal(Segment& segment);
  // The last of writes_in_flight is over: a sealed segment to which nothing refers may now be retired.
  void write_ended(Segment& segment) { retire_if_dead(segment); }

  // Cuts begun so far; a segment retired now may stand in the cut with this number and all before.
  void cut_begun() { ++cuts_begun_; }
  std::uint64_t cuts_begun() const { return cuts_begun_; }
  // Deletes segments retired before cut `number` began; called when its checkpoint is durable.
  io::Task<Result<void>> remove_retired(std::uint64_t number);
  std::uint64_t retired_bytes() const;
  // Allocated for open segments and not handed out yet.
  std::uint64_t unused_bytes() const;

  // fdatasync of every segment that cut `number` may refer to and that was written since its last one. All writes of
  // interest must have completed.
  io::Task<Result<void>> sync_all(std::uint64_t number);

  std::uint64_t next_serial() const { return next_serial_; }
  void set_next_serial(std::uint64_t serial) { next_serial_ = serial; }
  std::uint64_t count() const { return count_; }
  std::uint64_t bytes() const;
  // Of the next one, header included.
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
