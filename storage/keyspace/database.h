// Database: one numbered keyspace as commands use it: by key, synchronously.
// A call that needs what is not in memory names it (`missing`) for Engine::fetch, after which the call is made again.
//
// Invariants:
// - resident() or overwritable() was true, and nothing has suspended since, when a key is looked up: find() could not
//   tell an absent key from one that is not in memory.
// - Every call that changes a key first shows the key's chain to the cut under way (Index::before_change) and then
//   makes the record dirty. Bytes changed in place must be announced by change().
// - The record of a key that changes is hot: find() with kWrite, insert() and overwrite() return such a record.
// Ownership: owned by Engine; a Record* is valid until the next call that changes this database, or until the caller
// next suspends. Thread: the reactor's.
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
  kPeek,   // leaves no trace in the eviction clock
  kRead,   // a touch; the second touch of a cold key soon after the first makes it hot
  kWrite,  // makes it hot: what is returned may be changed
};

class Database {
 public:
  Database(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // All keys, hot and cold, also those whose expiry has passed and that nobody has removed yet.
  std::uint64_t size() const;
  std::uint64_t keys_with_expiry() const;
  // Keys with a value of which parts expire.
  std::uint64_t keys_with_expiring_parts() const { return index().parts_expiring_count(); }
  // Both counts may be too low by this many: cold entries that were overwritten without a look at their keys
  // (Engine::resolve_overwrites).
  std::uint64_t overwritten_count() const { return index().overwritten_count(); }
  // Hot ones of which all or a part expires.
  bool hot_keys_expire() const { return index().hot_expiring_count() + index().hot_parts_expiring_count() > 0; }

  // The look-ups to come of these keys find what they need in the processor's cache. Changes nothing.
  void prefetch(std::span<const std::uint64_t> hashes) const;
  // Its two steps for one key: the second is worthwhile when the first has had some time.
  void prefetch_bucket(std::uint64_t hash) const { index().prefetch_bucket(hash); }
  void prefetch_record(std::uint64_t hash) const { index().prefetch_record(hash); }

  // Appends to `missing` every cold location that must be read before `key` can be answered. True: none, go on.
  bool resident(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;
  // The same before `key` gets a new value whatever it holds now, by insert() or overwrite(): mostly nothing need be
  // read then (blind_overwrites.h). What is not resident is as good as absent to find().
  bool overwritable(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;

  // The record of `key`, nullptr if there is none. resident() must have been true. O(1).
  // With kPeek or kRead the record may be a transient one: read it, do not change it, do not keep it.
  Record* find(const Key& key, FetchedRecords& fetched_records, Access access);

  // Makes a record for a key that is absent, or overwritable() and not found; its value bytes are uninitialised, it has
  // no expiry.
  Record* insert(const Key& key, const FetchedRecords& fetched_records, ValueType type, Encoding encoding,
                 std::uint32_t value_size);
  // False: a checkpoint's image of the key's large object is being made, and a change now would have to make the rest
  // of it first, however long that takes. DatabaseSet::object_serialized() says when to ask again.
  bool changeable(const Key& key);
  // Must be called before the value bytes, the object or the kind of a record found with kWrite are changed in place.
  void change(Record* record);
  // Gives the value another size: the first min(old, new) bytes stay, further bytes are uninitialised. Implies
  // change(). Grows with slack, so that a row of small appends costs amortised O(1).
  Record* resize(Record* record, std::uint32_t value_size);
  // Gives the record another kind and size for a wholly new value; nothing of the old one stays. Implies change().
  Record* overwrite(Record* record, ValueType type, Encoding encoding, std::uint32_t value_size, bool keep_expiry);
  // Gives the record this object for its value, whatever it had. Implies change().
  Record* overwrite(Record* record, ValueType type, ObjectPointer object, bool keep_expiry);
  // Takes a record's object out, to be the value of another record; this one must be overwritten or erased next.
  // Implies change().
  ObjectPointer take_object(Record* record);
  // kNoExpiry takes the expiry away. Implies change().
  Record* set_expiry(Record* record, std::int64_t expiry_ms);
  // To be called when a value's parts have begun or ceased to expire, but for an object's that is given by overwrite().
  void note_parts_expiry(Record* record);
  void erase(Record* record);

  // One step of a scan in hash order: calls `visit` for each record of one bucket chain, then returns the cursor of the
  // next (0: the end). Every key that is there from the scan's start to its end is visited exactly once, whatever is
  // added, removed or split meanwhile. If some records are not resident: appends them to `missing`, visits none and
  // returns `cursor`. `visit` must not change the database.
  std::uint64_t scan(std::uint64_t cursor, const FetchedRecords& fetched_records, std::vector<Location>& missing,
                     const std::function<void(const Record&)>& visit) const;
  // The next step's cursor, for callers that read the records of several steps ahead.
  std::uint64_t next_cursor(std::uint64_t cursor) const {
    return index().next_cursor(static_cast<std::uint32_t>(cursor));
  }
  // A key at random (uniform over buckets, then entries), chosen by `random`; nullptr with `missing` set if it is cold
  // and not resident, nullptr without if the database is empty. The same `random` chooses the same key again.
  const Record* random(std::uint64_t random, const FetchedRecords& fetched_records,
                       std::vector<Location>& missing) const;

  // What the clock and the tier know of a key; for OBJECT, DEBUG and TERRACE LOCATE. resident() must have been true.
  struct KeyLocation {
    enum class Tier : std::uint8_t { kAbsent, kHot, kCold } tier = Tier::kAbsent;
    Location location;          // of the cold record, or of a hot record's clean image (nowhere if dirty)
    unsigned access_count = 0;  // the clock's few bits
  };
  KeyLocation locate(const Key& key, const FetchedRecords& fetched_records) const;

  // Visits `chains` bucket chains from `cursor` on: appends the names of hot keys that have expired and of those of
  // which a part has, adds up the time that other keys have left; returns the next cursor, 0 at the end.
  struct TimeLeft {
    std::uint64_t keys = 0;
    double total_ms = 0;  // of expiries up to INT64_MAX each
  };
  std::uint32_t visit_hot_expired(std::uint32_t cursor, unsigned chains, std::int64_t now_ms,
                                  std::vector<std::string>& expired_keys, std::vector<std::string>& expired_parts,
                                  TimeLeft& left) const;
  // Is it a hot key of which a part has expired?
  bool parts_expired(const Key& key, std::int64_t now_ms) const;

 private:
  friend class DatabaseSet;  // gives the other parts of this floor their Keyspace

  // The hot or cold entry of `key`; a cold one's record is resident. `overwritten`: its hash has overwritten entries, too.
  Index::Position find_entry(const Key& key, const FetchedRecords& fetched_records, bool& overwritten) const;
  // change(), but for what the record's object holds.
  void change_record(Record* record);
  void mark_parts_expiry(Record* record, bool expire);
  // A copy of another shape takes the record's place; the first bytes of key and value stay. `slack`: further bytes
  // that the allocation gets.
  Record* reshape(Record* record, const Record::Shape& shape, std::size_t slack);
  std::uint64_t hash_of(const Record* record) const { return Key(record->key()).hash; }
  Index& index() { return keyspace_.index(); }
  const Index& index() const { return keyspace_.index(); }

  Keyspace keyspace_;
};

}  // namespace terrace::storage
