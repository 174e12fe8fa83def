// BlindOverwriteResolver: reads the images of recent overwritten entries and resolves them, so that the count of keys
// is exact again soon after new keys were written that have the hash of cold keys. If there are more than the keyspace
// notes, most are old images of the written keys themselves: they do not change the count, and compaction resolves
// them.
// Ownership: borrows the store's parts.
// Thread: the reactor's.
#pragma once

#include "io/sync.h"
#include "io/task.h"
#include "storage/keyspace/keyspace.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

class BlindOverwriteResolver {
 public:
  BlindOverwriteResolver(RecordReader& reader, Ledger& ledger) : reader_(reader), ledger_(ledger) {}

  // Resolves up to `most` of the noted hashes. An overwritten entry whose page cannot be read stays.
  io::Task<void> resolve(Keyspace& keyspace, std::size_t most);

 private:
  RecordReader& reader_;
  Ledger& ledger_;
  io::Semaphore turn_{1};  // a second caller waits until what the first has taken is resolved
};

}  // namespace terrace::storage
