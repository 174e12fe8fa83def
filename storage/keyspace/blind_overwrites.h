// BlindOverwrites: the entries that a blind write leaves behind. Who writes a key without reading what it held cannot know
// whether a cold entry of the same hash is the key's own or, about once in 10^5, another key's. So the entry stays, as
// an overwritten entry, beside the new record, with a witness (index_entry.h) of the key that was written. Look-ups of that key
// pass the overwritten entry over; look-ups of other names with the same hash read it as they would read any cold entry. Whoever
// reads the image for another reason, compaction above all, resolves what it is.
//
// All overwritten entries of one hash have one witness: a key that the witness does not name is not written blindly.
// Until an overwritten entry of another key is resolved, Index::size() is one too low.
// Ownership: borrows index and segments for one call's time. Thread: the reactor's.
#pragma once

#include <vector>

#include "storage/base/key.h"
#include "storage/index/index.h"
#include "storage/record/fetched_records.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

class BlindOverwrites {
 public:
  BlindOverwrites(Index& index, SegmentTable& segments) : index_(index), segments_(segments) {}

  // May `key`, whose record is neither hot nor resident, be written though `maybes` cold entries of its hash are
  // unread?
  bool may_cast(const Key& key, unsigned maybes) const;
  // Right before a record for `key` is inserted: makes an overwritten entry of the cold entry of its hash that is not resident, if
  // there is one. Captures the chain for a cut. True: an overwritten entry was cast.
  bool cast(const Key& key, const FetchedRecords& fetched_records);

  // For a key that no hot or cold entry belongs to. Appends the overwritten entries that must be read to know that none does.
  void append_missing(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;
  // The overwritten entry whose image is `key`'s current record after all, if one is.
  Index::Position find(const Key& key, const FetchedRecords& fetched_records) const;
  // Makes it a cold entry again; returns its new position.
  Index::Position restore(const Key& key, Index::Position overwritten, const Record& record);

  // The image of the overwritten entry at `position` is that of `key`: restores the entry if it was another key that was written,
  // otherwise removes it and returns nothing.
  Index::Position resolve(const Key& key, Index::Position overwritten, ValueType type, Expires expires);
  // Would resolve() restore it?
  bool is_live(const Key& key) const { return !witnessed(key); }

 private:
  bool witnessed(const Key& key) const;
  Index::Position restore(const Key& key, Index::Position overwritten, ValueType type, Expires expires);
  void drop_idle_witness(std::uint64_t hash);

  Index& index_;
  SegmentTable& segments_;
};

}  // namespace terrace::storage
