// BlindOverwriteResolver: reads the images of overwritten entries and resolves them, so that the count of keys is exact
// again: soon for those that the keyspace has noted, and for all others, of which there may be very many and which a
// restart leaves unnoted, when nobody else needs the disk: it walks the index for them.
// Ownership: borrows the store's parts.
// Thread: the reactor's.
#pragma once

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/keyspace/keyspace.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

class BlindOverwriteResolver {
 public:
  BlindOverwriteResolver(const io::Environment& environment, RecordReader& reader, Ledger& ledger)
      : environment_(environment), reader_(reader), ledger_(ledger) {}

  // Resolves all of the noted hashes. An overwritten entry whose page cannot be read stays.
  io::Task<void> resolve_noted(Keyspace& keyspace);
  // Resolves some overwritten entries, the noted ones first. False: there are none, or the last walk through the whole
  // index has resolved none of them and the next one does not begin yet.
  io::Task<bool> resolve_some(unsigned number, Keyspace& keyspace);

 private:
  // How far the index of a database has been walked.
  struct Walk {
    std::uint32_t keyspace = 0;  // the id that it had then
    std::uint32_t chain = 0;
    bool resolved_any = false;
    std::int64_t rests_until_us = 0;
  };

  Walk& walk_of(unsigned number, const Keyspace& keyspace);
  std::vector<std::uint64_t> next_hashes(const Keyspace& keyspace, Walk& walk) const;
  io::Task<void> resolve(Keyspace& keyspace, const std::vector<std::uint64_t>& hashes);

  const io::Environment& environment_;
  RecordReader& reader_;
  Ledger& ledger_;
  std::vector<Walk> walks_;  // by number of the database
  io::Semaphore turn_{1};    // a second caller waits until what the first has taken is resolved
};

}  // namespace terrace::storage
