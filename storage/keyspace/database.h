// Database: one numbered keyspace as commands use it: by key, synchronously. If a call needs records that are not in
// memory, it appends their locations to `missing`; after Engine::fetch() the caller makes the same call again.
//
// Invariants:
// - Before find(), insert() or overwrite() of a key, resident() or overwritable() was true, and the caller has not
//   suspended since: find() cannot distinguish an absent key from one that is not in memory. (The oracle of the
//   simulation checks this; no assertion can.)
// - A call that changes a key first shows the key's chain to the cut in progress (Index::before_change), then makes the
//   record dirty. change() must be called before bytes are changed in place.
// - A record that is to be changed is in the index (reshape(), set_expiry() and erase() check that they find it there),
//   so it is hot: find() with kWrite and insert() return such a record.
// Ownership: owned by the Engine. A Record* is valid until the next call that changes this database, or until the
// caller suspends.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "storage/base/key.h"
#include "storage/keyspace/keyspace.h"
#include "storage/record/fetched_records.h"
#include "storage/record/record.h"

namespace terrace::storage {

enum class Access : std::uint8_t {
  kPeek,   // leaves the access count unchanged
  kRead,   // counts an access; the second soon after the first makes a cold key hot
  kWrite,  // makes the key hot: the record may be changed
};

class Database {
 public:
  Database(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // All keys, hot and cold, including keys that have expired but were not removed yet.
  std::uint64_t size() const;
  std::uint64_t keys_with_expiry() const;
  // Keys of whose value parts expire.
  std::uint64_t keys_with_expiring_parts() const { return index().parts_expiring_count(); }
  // Both counts may be too low by this many: cold entries that were overwritten without reading whose they are
  // (Engine::resolve_overwrites).
  std::uint64_t overwritten_count() const { return index().overwritten_count(); }
  // Whether any hot key expires, or a part of one.
  bool hot_keys_expire() const { return index().hot_expiring_count() + index().hot_parts_expiring_count() > 0; }

  // Prefetches the buckets and records of these keys into the processor's cache. Changes nothing.
  void prefetch(std::span<const std::uint64_t> hashes) const;
  // The two steps of it for one key; call the second when the bucket has had time to arrive.
  void prefetch_bucket(std::uint64_t hash) const { index().prefetch_bucket(hash); }
  void prefetch_record(std::uint64_t hash) const { index().prefetch_record(hash); }

  // Appends to `missing` every cold location that must be read before `key` can be looked up. True: there is none.
  bool resident(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;
  // The same for a command that needs no value: a large record on disk may be in `heads`, without its value; those that
  // are not are appended to `missing_heads`.
  bool resident_by_head(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing,
                        const FetchedRecords& heads, std::vector<Location>& missing_heads) const;
  // The same for a key that gets a new value, whatever its old one, by insert() or overwrite(): mostly nothing has to
  // be read then (blind_overwrites.h). To find(), an old value that is not resident is absent.
  bool overwritable(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;

  // The record of `key`; nullptr if there is none. resident() must have been true. O(1). With kPeek or kRead the record
  // may be transient: it must neither be changed nor kept.
  Record* find(const Key& key, FetchedRecords& fetched_records, Access access);

  // Makes a record for a key that is absent, or that is overwritable() and was not found. Its value bytes are
  // uninitialised; it has no expiry.
  Record* insert(const Key& key, const FetchedRecords& fetched_records, ValueType type, Encoding encoding,
                 std::uint32_t value_size);
  // False: a checkpoint is making an image of the key's large object, and a change now would have to make the rest of
  // the image first, which may take long. DatabaseSet::object_serialized() is notified when to ask again.
  bool changeable(const Key& key);
  // Must be called before the value bytes, the object or the kind of a record found with kWrite are changed in place.
  void change(Record* record);
  // Changes the value's size: the first min(old, new) bytes stay, further bytes are uninitialised. Implies change().
  // Growth has slack, so that a sequence of small appends costs amortised O(1).
  Record* resize(Record* record, std::uint32_t value_size);
  // Gives the record another type, encoding and size for a new value; nothing of the old value stays. Implies change().
  Record* overwrite(Record* record, ValueType type, Encoding encoding, std::uint32_t value_size, bool keep_expiry);
  // Makes this object the record's value, whatever it had. Implies change().
  Record* overwrite(Record* record, ValueType type, ObjectPointer object, bool keep_expiry);
  // Takes the object out of a record, for another record's value; this record must be overwritten or erased next.
  // Implies change().
  ObjectPointer take_object(Record* record);
  // kNoExpiry removes the expiry. Implies change().
  Record* set_expiry(Record* record, std::int64_t expiry_ms);
  // Must be called when parts of a value begin or cease to expire, except for an object passed to overwrite().
  void note_parts_expiry(Record* record);
  void erase(Record* record);
  // Removes the key that find() has found, and makes no cold one hot for that.
  void erase(const Key& key, const FetchedRecords& fetched_records);

  // One step of a scan in hash order: calls `visit` for each record of one chain and returns the next step's cursor; 0
  // is the end. A key that exists during the whole scan is visited exactly once, whatever is added, removed or split in
  // between. If records are not resident, appends them to `missing`, visits none and returns `cursor`. `visit` must not
  // change the database.
  std::uint64_t scan(std::uint64_t cursor, const FetchedRecords& fetched_records, std::vector<Location>& missing,
                     const std::function<void(const Record&)>& visit) const;
  // The cursor of the next step, for callers that read the records of several steps ahead.
  std::uint64_t next_cursor(std::uint64_t cursor) const {
    return index().next_cursor(static_cast<std::uint32_t>(cursor));
  }
  // A key at random (uniform over chains, then over entries), chosen by `random`. nullptr: it is cold and not resident
  // (`missing` has it), or the database is empty. The same `random` chooses the same key again.
  const Record* random(std::uint64_t random, const FetchedRecords& fetched_records,
                       std::vector<Location>& missing) const;

  // Where a key's record is; for OBJECT, DEBUG and TERRACE LOCATE. resident() must have been true.
  struct KeyLocation {
    enum class Tier : std::uint8_t { kAbsent, kHot, kCold } tier = Tier::kAbsent;
    Location location;          // of the cold record, or of a hot record's clean image; nowhere if dirty
    unsigned access_count = 0;  // of the eviction clock
  };
  KeyLocation locate(const Key& key, const FetchedRecords& fetched_records) const;
  // For the eviction clock: 0, used least, to IndexEntry::kMaxAccessCount. The key must be there.
  void set_access_count(const Key& key, const FetchedRecords& fetched_records, unsigned count);

  // Visits `chains` chains from `cursor` on. Appends the hot keys that have expired, and those of which a part has;
  // adds up the time left of all others. Returns the next cursor, 0 at the end.
  struct TimeLeft {
    std::uint64_t keys = 0;
    double total_ms = 0;  // the sum may exceed an int64
  };
  std::uint32_t visit_hot_expired(std::uint32_t cursor, unsigned chains, std::int64_t now_ms,
                                  std::vector<std::string>& expired_keys, std::vector<std::string>& expired_parts,
                                  TimeLeft& left) const;
  // Whether it is a hot key of which a part has expired.
  bool parts_expired(const Key& key, std::int64_t now_ms) const;

 private:
  template <typename Find>
  bool search(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing,
              const Find& find_on_disk) const;
  friend class DatabaseSet;  // gives storage's other parts their Keyspace

  // The hot or cold entry of `key`; a cold one's record is resident. Sets `overwritten` if its hash has overwritten
  // entries.
  Index::Position find_entry(const Key& key, const FetchedRecords& fetched_records, bool& overwritten) const;
  // change() without the record's object.
  void change_record(Record* record);
  void mark_parts_expiry(Record* record, bool expire);
  // Replaces the record by a copy of another shape, with the first bytes of the value. `slack`: further bytes to
  // allocate.
  Record* reshape(Record* record, const Record::Shape& shape, std::size_t slack);
  std::uint64_t hash_of(const Record* record) const { return Key(record->key()).hash; }
  Index& index() { return keyspace_.index(); }
  const Index& index() const { return keyspace_.index(); }

  Keyspace keyspace_;
};

}  // namespace terrace::storage
