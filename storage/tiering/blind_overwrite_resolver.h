// BlindOverwriteResolver: reads the images of overwritten entries that were cast lately and resolves what they are, so that the count of keys is
// exact again soon after new keys were written whose hashes cold keys share. Where more are cast than it is told of,
// most are old images of the keys themselves, which do not change the count, and compaction resolves them.
// Ownership: borrows the store's parts. Thread: the reactor's.
#pragma once

#include "io/sync.h"
#include "io/task.h"
#include "storage/keyspace/database.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

class BlindOverwriteResolver {
 public:
  explicit BlindOverwriteResolver(RecordReader& reader) : reader_(reader) {}

  // Reads for `most` of the hashes that the database has noted. An overwritten entry whose page cannot be read stays one.
  io::Task<void> resolve(Database& database, std::size_t most);

 private:
  RecordReader& reader_;
  io::Semaphore turn_{1};  // who comes second waits until the first is done, and with it what the first had taken
};

}  // namespace terrace::storage
