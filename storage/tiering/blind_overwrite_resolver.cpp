#include "storage/tiering/blind_overwrite_resolver.h"

#include <algorithm>

namespace terrace::storage {

namespace {

constexpr std::size_t kTogether = 64;  // reads

}  // namespace

io::Task<void> BlindOverwriteResolver::resolve(Keyspace& keyspace, std::size_t most) {
  co_await turn_.acquire();
  while (most > 0 && keyspace.unresolved() > 0) {
    const std::vector<std::uint64_t> hashes = keyspace.take_unresolved(std::min(most, kTogether));
    most -= hashes.size();
    std::vector<Location> missing;
    for (const std::uint64_t hash : hashes) keyspace.append_overwritten(hash, missing);
    FetchedRecords fetched_records(ledger_);
    const Result<void> fetched = co_await reader_.fetch(missing, fetched_records, RecordReader::Extent::kHeads);
    // What could be read is resolved although other pages are bad; the reader reports and counts those.
    static_cast<void>(fetched);
    for (const std::uint64_t hash : hashes) keyspace.resolve_overwritten(hash, fetched_records);
  }
  turn_.release();
}

}  // namespace terrace::storage
