// Keyspace: one numbered keyspace as the parts of this floor see it: its index, and the way of each record to disk and
// back. Commands have the same keyspace as a Database (database.h), which owns this.
//
//                 begin_writing             end_writing             evict_clean
//     hot, dirty ──────────────► writing ──────────────► hot, clean ────────────► cold
//       ▲  ▲                        │                     │  ▲                     │
//       │  └── abandon_writing, ────┘                     │  └────── promote ──────┘
//       │      make_dirty                                 │
//       └────────────────── make_dirty ───────────────────┘
//
// A record that is to be evicted (kEvicting) goes from writing to cold in one step. Compaction moves the image of a
// clean or cold record by relocate().
//
// Invariants:
// - Every cold entry, every overwritten entry and every clean record's location is counted live in its segment, once
//   (SegmentTable::add_live, drop_live; a count below zero is a broken invariant there).
// - Statistics::record_memory_bytes are the footprints of all hot records, dirty_memory_bytes of those not clean.
// - A record changes, and an entry goes, only after Index::before_change() has shown its chain to the cut under way.
//   Evicting, promoting and relocating change no content, and need not be shown.
// - A record in writing has the ticket of its writer for its location, and is dirty to everybody else.
// Ownership: owned by the Database; owns the index, and with it the hot records. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "storage/base/statistics.h"
#include "storage/index/index.h"
#include "storage/keyspace/blind_overwrites.h"
#include "storage/record/fetched_records.h"
#include "storage/record/image.h"
#include "storage/record/lazy_free.h"
#include "storage/record/record.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

class Keyspace {
 public:
  Keyspace(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id);
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  std::uint32_t id() const { return id_; }
  Index& index() { return *index_; }
  const Index& index() const { return *index_; }
  std::shared_ptr<Index> share_index() const { return index_; }
  // Gives up the index with all it holds; the keyspace is empty from then on, under a new id.
  std::shared_ptr<Index> detach_index(std::uint32_t new_id);
  BlindOverwrites overwrites() const { return {*index_, segments_}; }
  Statistics& statistics() const { return statistics_; }

  // The entry of the hot record that is still being written under this ticket, or nothing.
  Index::Position find_being_written(std::uint64_t hash, std::string_view key, std::uint64_t ticket) const;
  // The entry whose current image, or whose record's clean image, is this one at `location`, or nothing. Resolves an
  // overwritten entry.
  Index::Position find_live(const ImageView& image, Location location);

  // --- a record's way to disk and back
  // Marks a dirty record as being written under `ticket` until its next change.
  void begin_writing(Record* record, std::uint64_t ticket, bool evict);
  // The image of find_being_written()'s record lies at `location` now: it is clean, or cold if it was to be evicted.
  void end_writing(std::uint64_t hash, Index::Position position, Location location);
  // The write failed: dirty again.
  void abandon_writing(Index::Position position);
  // Makes a clean hot record cold at once.
  void evict_clean(IndexEntry& entry, std::uint64_t known_hash);
  // Makes a cold record hot and clean. `fetched` was read from the entry's location.
  Record* promote(std::uint64_t hash, Index::Position position, RecordPointer fetched);
  // The record differs from its image on disk from now on, if it has one.
  void make_dirty(Record* record) {
    if (record->clean()) drop_image(record);
    record->store_location(Location{});
    record->clear(Record::kWriting);
    record->clear(Record::kEvicting);
  }
  // A copy of find_live()'s record lies at `location` now.
  void relocate(std::uint64_t hash, Index::Position position, Location location);
  // A chain's hot records whose clean image lies in this segment are dirty from now on: the image cannot be trusted.
  void forget_images(std::uint32_t chain, std::uint32_t segment);

  // --- the account of hot records
  void count_in(const Record* record) {
    count(record, Record::footprint(record));
    if (Object* object = record->object()) object->count_in(statistics_);
  }
  void count_out(const Record* record) {
    count(record, -std::uint64_t{Record::footprint(record)});
    if (Object* object = record->object()) object->count_out();
  }
  // Frees the object of a dirty record, if it has one.
  void drop_object(Record* record);

  // --- overwritten entries (blind_overwrites.h)
  // One was cast for this hash. Of many at a time not all are noted.
  void note_overwritten(std::uint64_t hash);
  std::size_t unresolved() const { return unresolved_.size(); }
  // Hashes noted and not taken yet, `most` at most.
  std::vector<std::uint64_t> take_unresolved(std::size_t most);
  // The locations of a hash's overwritten entries; resolves those of them that were fetched.
  void append_overwritten(std::uint64_t hash, std::vector<Location>& locations) const;
  void resolve_overwritten(std::uint64_t hash, const FetchedRecords& fetched_records);

 private:
  void drop_image(Record* record);
  void count(const Record* record, std::uint64_t delta) {
    statistics_.record_memory_bytes += delta;
    if (!record->clean()) statistics_.dirty_memory_bytes += delta;
  }

  SegmentTable& segments_;
  Statistics& statistics_;
  LazyFree& lazy_free_;
  // Stands in the records on disk. SWAPDB exchanges whole databases under their numbers and FLUSHDB takes a new id, so
  // no record need be rewritten.
  std::uint32_t id_;
  std::shared_ptr<Index> index_;
  std::vector<std::uint64_t> unresolved_;
};

}  // namespace terrace::storage
