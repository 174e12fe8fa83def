// BlindOverwrites: the entries that a blind write leaves behind. A command that writes a key without reading its old
// value cannot know whether a cold entry of the same hash is the key's own or, about once in 10^5, another key's. So
// the cold entry stays in the chain, as an overwritten entry, beside the new record and a witness (index_entry.h) of
// the written key. A look-up of the written key passes over the overwritten entry; a look-up of another key with the
// same hash reads the image as it would read any cold entry's. Code that reads the image for another reason, above all
// compaction, resolves what the entry is.
//
// Invariants:
// - All overwritten entries of one hash have one witness: a key that the witness does not name is not written blindly.
// - Index::size() is too low by one for each overwritten entry of another key, until that is resolved.
// Ownership: borrows index and segments for the duration of a call.
// Thread: the reactor's.
#pragma once

#include <vector>

#include "storage/base/key.h"
#include "storage/index/index.h"
#include "storage/record/fetched_records.h"
#include "storage/segment/segment_table.h"

namespace terrace::storage {

class BlindOverwrites {
 public:
  BlindOverwrites(Index& index, SegmentTable& segments) : index_(index), segments_(segments) {}

  // Whether `key`, whose record is neither hot nor resident, may be written although `unread` cold entries of its hash
  // were not read.
  bool may_write_blindly(const Key& key, unsigned unread) const;
  // Called right before a record for `key` is inserted: the cold entry of its hash that is not resident, if there is
  // one, becomes an overwritten entry. Captures the chain for a cut. True: there was one.
  bool mark_overwritten(const Key& key, const FetchedRecords& fetched_records);

  // For a key that has no hot or cold entry: appends the overwritten entries that must be read to know that none is the
  // key's.
  void append_missing(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const;
  // The overwritten entry whose image is `key`'s current record after all, if there is one.
  Index::Position find(const Key& key, const FetchedRecords& fetched_records) const;
  // Makes it a cold entry again; returns its new position.
  Index::Position restore(const Key& key, Index::Position overwritten, const Record& record);

  // For an overwritten entry whose image is `key`'s: restores the entry if another key was written, otherwise removes
  // the entry and returns nothing.
  Index::Position resolve(const Key& key, Index::Position overwritten, ValueType type, Expires expires);
  // Whether resolve() would restore the entry.
  bool is_live(const Key& key) const { return !witnessed(key); }

 private:
  bool witnessed(const Key& key) const;
  Index::Position restore(const Key& key, Index::Position overwritten, ValueType type, Expires expires);
  void drop_idle_witness(std::uint64_t hash);

  Index& index_;
  SegmentTable& segments_;
};

}  // namespace terrace::storage
