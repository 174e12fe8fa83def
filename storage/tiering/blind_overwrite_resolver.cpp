#include "storage/tiering/blind_overwrite_resolver.h"

#include <algorithm>

#include "io/activity.h"

namespace terrace::storage {

namespace {

constexpr std::size_t kTogether = 64;  // reads
// Chains that are walked at a time for overwritten entries: well below a slice.
constexpr std::uint32_t kChainsPerStep = 4096;
// After a walk that has resolved nothing: what is left lies in pages that cannot be read.
constexpr std::int64_t kRestUs = 60'000'000;

}  // namespace

io::Task<void> BlindOverwriteResolver::resolve_noted(Keyspace& keyspace) {
  co_await turn_.acquire();
  for (std::size_t left = keyspace.unresolved(); left > 0 && keyspace.unresolved() > 0;) {
    const std::vector<std::uint64_t> hashes = keyspace.take_unresolved(std::min(left, kTogether));
    left -= hashes.size();
    co_await resolve(keyspace, hashes);
  }
  turn_.release();
}

io::Task<bool> BlindOverwriteResolver::resolve_some(unsigned number, Keyspace& keyspace) {
  co_await turn_.acquire();
  co_await environment_.clock.yield();
  bool more = keyspace.index().overwritten_count() > 0;
  std::vector<std::uint64_t> hashes = keyspace.take_unresolved(kTogether);
  if (more && hashes.empty()) {
    Walk& walk = walk_of(number, keyspace);
    more = walk.rests_until_us <= environment_.clock.monotonic_us();
    if (more) hashes = next_hashes(keyspace, walk);
  }
  if (!hashes.empty()) {
    const std::uint64_t before = keyspace.index().overwritten_count();
    co_await resolve(keyspace, hashes);
    if (keyspace.index().overwritten_count() < before) walk_of(number, keyspace).resolved_any = true;
  }
  turn_.release();
  co_return more;
}

BlindOverwriteResolver::Walk& BlindOverwriteResolver::walk_of(unsigned number, const Keyspace& keyspace) {
  if (walks_.size() <= number) walks_.resize(number + 1);
  Walk& walk = walks_[number];
  if (walk.keyspace != keyspace.id()) walk = {.keyspace = keyspace.id()};
  return walk;
}

// The hashes of overwritten entries in the next chains; a hash with several comes several times.
std::vector<std::uint64_t> BlindOverwriteResolver::next_hashes(const Keyspace& keyspace, Walk& walk) const {
  const io::Activity activity("segments");
  std::vector<std::uint64_t> hashes;
  for (std::uint32_t step = 0; step < kChainsPerStep && hashes.size() < kTogether; ++step) {
    if (walk.chain >= keyspace.index().chain_count()) {
      if (!walk.resolved_any) walk.rests_until_us = environment_.clock.monotonic_us() + kRestUs;
      walk.resolved_any = false;
      walk.chain = 0;
      break;
    }
    keyspace.index().visit_chain(walk.chain++, [&hashes](const IndexEntry& entry, std::uint64_t known_hash) {
      if (entry.is_overwritten()) hashes.push_back(known_hash);
    });
  }
  return hashes;
}

io::Task<void> BlindOverwriteResolver::resolve(Keyspace& keyspace, const std::vector<std::uint64_t>& hashes) {
  std::vector<Location> missing;
  for (const std::uint64_t hash : hashes) keyspace.append_overwritten(hash, missing);
  FetchedRecords fetched_records(ledger_);
  const Result<void> fetched = co_await reader_.fetch(missing, fetched_records, RecordReader::Extent::kHeads);
  // What could be read is resolved although other pages are bad; the reader reports and counts those.
  static_cast<void>(fetched);
  for (const std::uint64_t hash : hashes) keyspace.resolve_overwritten(hash, fetched_records);
}

}  // namespace terrace::storage
