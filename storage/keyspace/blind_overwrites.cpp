#include "storage/keyspace/blind_overwrites.h"

#include <algorithm>

#include "storage/base/mutant.h"

namespace terrace::storage {

namespace {

// Overwritten entries and witnesses take memory until compaction resolves them. Compaction keeps them well below this
// share of the cold entries; beyond it, writes read first again.
constexpr std::uint64_t kAlwaysAllowed = kTinyLimits ? 64 : 65'536;
constexpr std::uint64_t kColdPerOverwritten = 2;

bool is_overwritten(Index::Position at) {
  return at->is_overwritten();
}

}  // namespace

bool BlindOverwrites::witnessed(const Key& key) const {
  if (mutant(Mutant::kSkipWitness)) return true;
  const Index::Position witness = index_.find(key.hash, [](Index::Position at) { return at->is_witness(); });
  return witness && witness->witnesses(key.second_hash());
}

bool BlindOverwrites::may_write_blindly(const Key& key, unsigned unread) const {
  // At most one of several is the key's; the others would be missing in counts and scans.
  if (unread > 1) return false;
  if (index_.overwritten_count() > 0 && index_.find(key.hash, is_overwritten) && !witnessed(key)) return false;
  return unread == 0 ||
         index_.overwritten_count() < std::max(kAlwaysAllowed, index_.cold_count() / kColdPerOverwritten);
}

bool BlindOverwrites::mark_overwritten(const Key& key, const FetchedRecords& fetched_records) {
  const auto maybe = index_.find(key.hash, [&fetched_records](Index::Position at) {
    return at->is_cold() && !fetched_records.find(at->location());
  });
  if (!maybe) return false;
  index_.before_change(key.hash);
  const bool first = !index_.find(key.hash, is_overwritten);
  // Then the key had a hot or resident record a moment ago, and the entry is another key's.
  if (!first && !witnessed(key)) return false;
  segments_.add_overwritten(maybe->location());
  index_.replace(maybe, IndexEntry::overwritten(maybe->location(), key.hash));
  if (first) index_.insert(key.hash, IndexEntry::witness(key.second_hash(), key.hash));
  return true;
}

void BlindOverwrites::append_missing(const Key& key, const FetchedRecords& fetched_records,
                                     std::vector<Location>& missing) const {
  if (witnessed(key)) return;
  index_.find(key.hash, [&](Index::Position at) {
    if (at->is_overwritten() && !fetched_records.find(at->location())) missing.push_back(at->location());
    return false;
  });
}

Index::Position BlindOverwrites::find(const Key& key, const FetchedRecords& fetched_records) const {
  if (witnessed(key)) return {};
  return index_.find(key.hash, [&](Index::Position at) {
    if (!at->is_overwritten()) return false;
    const Record* record = fetched_records.find(at->location());
    return record && record->key() == key.name;
  });
}

Index::Position BlindOverwrites::restore(const Key& key, Index::Position overwritten, const Record& record) {
  return restore(key, overwritten, record.type(), record.expires());
}

Index::Position BlindOverwrites::restore(const Key& key, Index::Position overwritten, ValueType type, Expires expires) {
  const Location location = overwritten->location();
  index_.before_change(key.hash);  // a cut sees both the entry and its witness, or neither
  segments_.drop_overwritten(location);
  index_.replace(overwritten, IndexEntry::cold(location, type, expires, key.hash));
  drop_idle_witness(key.hash);
  return index_.find(key.hash, [location](Index::Position at) { return at->is_cold() && at->location() == location; });
}

Index::Position BlindOverwrites::resolve(const Key& key, Index::Position overwritten, ValueType type, Expires expires) {
  if (is_live(key)) return restore(key, overwritten, type, expires);
  const Location location = overwritten->location();
  index_.erase(key.hash, overwritten);
  drop_idle_witness(key.hash);
  segments_.drop_overwritten(location);
  segments_.drop_live(location);
  return {};
}

void BlindOverwrites::drop_idle_witness(std::uint64_t hash) {
  if (index_.find(hash, is_overwritten)) return;
  const Index::Position witness = index_.find(hash, [](Index::Position at) { return at->is_witness(); });
  if (witness) index_.erase(hash, witness);
}

}  // namespace terrace::storage
