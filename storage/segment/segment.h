// Segment: one append-only file of pages, with what memory holds of it.
//
//    open ──seal──► sealed ──no live record──► retired ──checkpoint──► deleted
//
// One writer appends to an open segment; a sealed one is only read. No entry refers to a retired one, except entries of
// the last durable checkpoint: its file is deleted when a checkpoint that began later is durable.
// Ownership: the SegmentTable owns segments and keeps their invariants.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <vector>

#include "io/disk.h"
#include "io/result.h"
#include "storage/base/expiry.h"
#include "storage/base/limits.h"
#include "storage/segment/dictionaries.h"

namespace terrace::storage {

class SegmentFiles;

enum class SegmentKind : std::uint8_t { kSpilled = 1, kCompacted = 2 };

struct Segment {
  enum class State : std::uint8_t { kOpen, kSealed, kRetired };

  const Dictionaries* dictionaries = nullptr;  // the table's, which its pages may need
  std::uint32_t number = 0;                    // in Locations; reused only after 2^20 further segments
  std::uint64_t serial = 0;                    // in the file's name and in every page; never reused
  SegmentKind kind = SegmentKind::kSpilled;
  State state = State::kOpen;
  SegmentFiles* files = nullptr;      // the table's
  io::FileHandle file = io::kNoFile;  // a sealed segment's may be closed: SegmentFiles::open()
  static constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};
  std::uint32_t open_place = kNoPlace;  // among the table's open files
  bool touched = false;                 // its file was used since the hand passed
  bool opening = false;
  std::uint32_t capacity_pages = 0;  // capacity of the file, with the header page
  std::uint32_t used_pages = 0;      // given to writers, with the header page
  std::uint32_t total_records = 0;
  std::uint32_t live_records = 0;  // referred to by the index or by a hot record's clean image
  std::uint32_t overwritten_records =
      0;                   // of these, only by overwritten entries: most likely dead, which is resolved by reading them
  std::uint32_t pins = 0;  // its file is in use
  std::uint32_t holds = 0;  // it will be read later; until then its file may be closed
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

  // Somebody reads it or will: it is neither deleted nor compacted.
  bool kept() const { return pins > 0 || holds > 0; }
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

}  // namespace terrace::storage
