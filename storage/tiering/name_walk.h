// NameWalk: visits the names of all keys of a database. It gathers in the order of the index, some hundred thousand
// keys at a time, and reads the cold ones of them in the order of the disk: so it reads pages, not keys.
//
//   do {
//     while (!walk.gather(slice, visit)) co_await slice.next();
//     Result<void> read = co_await walk.read(visit);
//     …
//   } while (!walk.done());
//
// Invariants:
// - Every key that is there from the walk's start to its end is visited exactly once, as it was when it was gathered,
//   whatever is added, removed or moved in between. gather() alone looks at the database.
// - What is gathered stays readable until it has been read: its segments are held. Compaction leaves them alone.
// - A visited record is valid during the visit alone; a cold one has no value.
// Ownership: borrows the store's parts, which must outlive it.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "io/environment.h"
#include "io/slice.h"
#include "io/task.h"
#include "storage/keyspace/database_set.h"
#include "storage/memory/ledger.h"
#include "storage/tiering/record_reader.h"

namespace terrace::storage {

class NameWalk {
 public:
  using Visit = std::function<void(const Record&)>;

  NameWalk(const io::Environment& environment, DatabaseSet& databases, unsigned database, SegmentTable& segments,
           RecordReader& reader, Ledger& ledger)
      : environment_(environment),
        databases_(databases),
        number_(database),
        segments_(segments),
        reader_(reader),
        ledger_(ledger),
        charge_(ledger, Account::kFetchedRecords) {}

  // Visits hot keys and gathers cold ones. False: the slice is over. True: read() comes next.
  bool gather(const io::Slice& slice, const Visit& visit);
  // Reads and visits what was gathered. An error names the page that cannot be read.
  io::Task<Result<void>> read(const Visit& visit);
  // All keys have been gathered.
  bool done() const { return begun_ && cursor_ == 0; }

 private:
  void gather_chain(const Index& index, std::uint32_t chain, const Visit& visit);
  void add(Location location);
  // Reads some records, and visits them.
  io::Task<Result<void>> read_some(std::span<const Location> locations, const Visit& visit);
  bool is_key(Location location, const Record& record) const;

  const io::Environment& environment_;
  DatabaseSet& databases_;
  unsigned number_;
  SegmentTable& segments_;
  RecordReader& reader_;
  Ledger& ledger_;
  LedgerCharge charge_;
  bool begun_ = false;
  std::uint32_t cursor_ = 0;
  std::vector<Location> gathered_;
  // The witnesses of overwritten entries among them: whether the image is a key can change before it is read.
  std::unordered_map<Location, IndexEntry> witnesses_;
  std::unordered_map<std::uint32_t, SegmentTable::Hold> held_;  // by number of the segment
};

}  // namespace terrace::storage
