// Keyspace: one numbered keyspace as the parts of storage use it: its index, and the states of its records between
// memory and disk. A Database (database.h) owns it and is the same keyspace for commands.
//
//                  begin_writing             end_writing             evict_clean
//      hot, dirty ──────────────► writing ──────────────► hot, clean ────────────► cold
//        ▲  ▲                        │                     │  ▲                     │
//        │  └── abandon_writing, ────┘                     │  └────── promote ──────┘
//        │      make_dirty                                 │
//        └────────────────── make_dirty ───────────────────┘
//
// A record that is to be evicted (kEvicting) becomes cold in end_writing(). Compaction moves the image of a clean or
// cold record with relocate().
//
// Invariants:
// - Each cold entry, each overwritten entry and each clean record counts as one live record in its segment
//   (SegmentTable::add_live, drop_live; SegmentTable checks the counts).
// - Statistics::record_memory_bytes is the sum of the footprints of all hot records, dirty_memory_bytes that of the
//   records that are not clean. (Both must be 0 when a store is empty: checked by the tests.)
// - Before a record changes, or an entry is removed, Index::before_change() has shown its chain to the cut in progress.
//   Evicting, promoting and relocating do not change what a cut reads.
// - A record being written has its writer's ticket in place of a location and is not clean (checked by
//   begin_writing()). Only a clean record is evicted (checked by evict_clean()).
// Ownership: owned by the Database; owns the index, and with it the hot records.
// Thread: the reactor's.
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
#include "storage/segment/segment_table.h"

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
  // Detaches the index with all its content; the keyspace is empty from then on, under a new id.
  std::shared_ptr<Index> detach_index(std::uint32_t new_id);
  BlindOverwrites overwrites() const { return {*index_, segments_}; }
  Statistics& statistics() const { return statistics_; }

  // The entry of the hot record that is still being written under this ticket; nothing if it has changed since.
  Index::Position find_being_written(std::uint64_t hash, std::string_view key, std::uint64_t ticket) const;
  // The entry whose current image, or whose record's clean image, is `image` at `location`; nothing if the image is
  // dead. Resolves an overwritten entry.
  Index::Position find_live(const ImageView& image, Location location);

  // --- states of a record
  // Marks a dirty record as being written under `ticket`, until its next change.
  void begin_writing(Record* record, std::uint64_t ticket, bool evict);
  // The image of the record at `position` (see find_being_written) is at `location` now: the record becomes clean, or
  // cold if it is to be evicted.
  void end_writing(std::uint64_t hash, Index::Position position, Location location);
  // The write failed: the record is dirty again.
  void abandon_writing(Index::Position position);
  // Makes a clean hot record cold.
  void evict_clean(IndexEntry& entry, std::uint64_t known_hash);
  void erase_cold(std::uint64_t hash, Index::Position position);
  // Makes a cold record hot and clean. `fetched` was read from the entry's location.
  Record* promote(std::uint64_t hash, Index::Position position, RecordPointer fetched);
  // The record differs from its image on disk from now on, if it has an image.
  void make_dirty(Record* record) {
    if (record->clean()) drop_image(record);
    record->store_location(Location{});
    record->clear(Record::kWriting);
    record->clear(Record::kEvicting);
  }
  // A copy of the image of the entry at `position` (see find_live) is at `location` now.
  void relocate(std::uint64_t hash, Index::Position position, Location location);
  // Makes the chain's hot records dirty whose clean image lies in this segment: the image cannot be trusted.
  void forget_images(std::uint32_t chain, std::uint32_t segment);

  // --- the accounts of hot records
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
  // A blind write has left one of this hash. If there are very many, not all are noted.
  void note_overwritten(std::uint64_t hash);
  std::size_t unresolved() const { return unresolved_.size(); }
  // Removes and returns up to `most` of the noted hashes.
  std::vector<std::uint64_t> take_unresolved(std::size_t most);
  // Appends the locations of this hash's overwritten entries; and resolves those entries whose records were fetched.
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
  // In the records on disk. SWAPDB exchanges whole databases under their numbers, and FLUSHDB gives a new id, so that
  // no record has to be rewritten.
  std::uint32_t id_;
  std::shared_ptr<Index> index_;
  std::vector<std::uint64_t> unresolved_;
};

}  // namespace terrace::storage
