#include "storage/keyspace/database.h"

#include <algorithm>

#include "storage/base/mutant.h"

namespace terrace::storage {

namespace {

// A value from this size on that grows step by step gets a quarter more than it needs. Smaller values are cells: their
// sizes go in small steps, and most of them stop growing, so that slack would be wasted.
constexpr std::uint32_t kSlackFrom = 4096;

bool stays(const Record& record) {
  return record.object() && record.object()->footprint_bytes() > kStayingObjectSize;
}

// A value that becomes smaller keeps its allocation, unless that would waste more than half of it.
bool wasteful(const Record* record, std::uint32_t value_size) {
  const std::size_t footprint = Record::own_footprint(record);
  const std::size_t needed = footprint - std::min<std::size_t>(footprint, record->value_size()) + value_size;
  return footprint > 128 && needed * 2 < footprint;
}

}  // namespace

Database::Database(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id)
    : keyspace_(segments, statistics, lazy_free, id) {}

std::uint64_t Database::size() const {
  return index().size();
}
std::uint64_t Database::keys_with_expiry() const {
  return index().expiring_count();
}

void Database::prefetch(std::span<const std::uint64_t> hashes) const {
  for (const std::uint64_t hash : hashes) prefetch_bucket(hash);
  for (const std::uint64_t hash : hashes) prefetch_record(hash);
}

// `find_on_disk`: what is in memory of the record at a location; notes the location if nothing is.
template <typename Find>
bool Database::search(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing,
                      const Find& find_on_disk) const {
  bool overwritten = false;
  const auto there = index().find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    overwritten = overwritten || at->is_overwritten();
    if (!at->is_cold()) return false;
    const Record* record = find_on_disk(at->location());
    return record && record->key() == key.name;
  });
  if (!there && overwritten) keyspace_.overwrites().append_missing(key, fetched_records, missing);
  return static_cast<bool>(there);
}

bool Database::resident(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const {
  const std::size_t before = missing.size();
  // If the key itself is in memory, the other entries that its hash matched need not be read.
  if (search(key, fetched_records, missing,
             [&](Location location) {
               const Record* record = fetched_records.find(location);
               if (!record) missing.push_back(location);
               return record;
             }) &&
      missing.size() > before) {
    missing.resize(before);
  }
  return missing.size() == before;
}

bool Database::resident_by_head(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing,
                                const FetchedRecords& heads, std::vector<Location>& missing_heads) const {
  const std::size_t before = missing.size();
  const std::size_t heads_before = missing_heads.size();
  if (search(key, fetched_records, missing, [&](Location location) {
        const Record* record = fetched_records.find(location);
        if (!record && location.is_large()) record = heads.find(location);
        if (!record) (location.is_large() ? missing_heads : missing).push_back(location);
        return record;
      })) {
    missing.resize(before);
    missing_heads.resize(heads_before);
  }
  return missing.size() == before && missing_heads.size() == heads_before;
}

bool Database::overwritable(const Key& key, const FetchedRecords& fetched_records,
                            std::vector<Location>& missing) const {
  unsigned unread = 0;
  const auto there = index().find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    if (!at->is_cold()) return false;
    const Record* record = fetched_records.find(at->location());
    if (!record) ++unread;
    return record && record->key() == key.name;
  });
  if (there || keyspace_.overwrites().may_write_blindly(key, unread)) return true;
  return resident(key, fetched_records, missing);
}

Index::Position Database::find_entry(const Key& key, const FetchedRecords& fetched_records, bool& overwritten) const {
  return index().find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    overwritten = overwritten || at->is_overwritten();
    if (!at->is_cold()) return false;
    const Record* record = fetched_records.find(at->location());
    if (!record) return false;
    if (record->key() == key.name || mutant(Mutant::kSkipKeyCheck)) return true;
    ++keyspace_.statistics().false_fetches;
    return false;
  });
}

Record* Database::find(const Key& key, FetchedRecords& fetched_records, Access access) {
  bool overwritten = false;
  Index::Position position = find_entry(key, fetched_records, overwritten);
  if (!position && overwritten) {
    BlindOverwrites overwrites = keyspace_.overwrites();
    const Index::Position own = overwrites.find(key, fetched_records);
    if (own) position = overwrites.restore(key, own, *fetched_records.find(own->location()));
  }
  if (!position) return nullptr;
  const unsigned count = position->access_count();
  if (position->is_hot()) {
    if (access != Access::kPeek && count < IndexEntry::kMaxAccessCount) position->set_access_count(count + 1);
    return position->record();
  }
  Record* transient = fetched_records.find(position->location());
  if (access == Access::kPeek) return transient;
  if (access == Access::kRead && ((count == 0 && !stays(*transient)) || !fetched_records.may_stay())) {
    if (count == 0) position->set_access_count(1);
    return transient;
  }
  return keyspace_.promote(key.hash, position, fetched_records.take(position->location()));
}

bool Database::changeable(const Key& key) {
  const Index::Position at = index().find(
      key.hash, [&key](Index::Position entry) { return entry->is_hot() && entry->record()->key() == key.name; });
  const Object* object = at ? at->record()->object() : nullptr;
  if (!object) return true;
  index().before_change(key.hash);
  return !object->image_needed();
}

void Database::change(Record* record) {
  change_record(record);
  if (Object* object = record->object()) object->before_change();
}

void Database::change_record(Record* record) {
  if (index().observed()) index().before_change(hash_of(record));
  keyspace_.make_dirty(record);
}

Record* Database::insert(const Key& key, const FetchedRecords& fetched_records, ValueType type, Encoding encoding,
                         std::uint32_t value_size) {
  if (index().cold_count() > 0 && keyspace_.overwrites().mark_overwritten(key, fetched_records)) {
    keyspace_.note_overwritten(key.hash);
  }
  Record* record = Record::create(key.name, {.type = type, .encoding = encoding, .value_size = value_size});
  IndexEntry entry = IndexEntry::hot(record, key.hash);
  entry.set_access_count(1);
  index().insert(key.hash, entry);
  keyspace_.count_in(record);
  return record;
}

Record* Database::reshape(Record* record, const Record::Shape& shape, std::size_t slack) {
  Record* grown = Record::create(record->key(), shape, slack);
  std::memcpy(grown->value(), record->value(), std::min(record->value_size(), shape.value_size));
  if (shape.has_expiry) grown->store_expiry(record->expiry_ms());
  const std::uint64_t hash = hash_of(record);
  const Index::Position position = index().find_record(hash, record);
  TERRACE_CHECK(position);
  IndexEntry entry = IndexEntry::hot(grown, hash);
  entry.set_access_count(position->access_count());
  entry.set_hot_parts_expire(position->parts_expire());
  keyspace_.count_out(record);
  index().replace(position, entry);
  keyspace_.count_in(grown);
  // Both records point to the object here.
  static_cast<void>(record->take_object().release());
  Record::destroy(record);
  return grown;
}

Record* Database::resize(Record* record, std::uint32_t value_size) {
  change(record);
  if (!wasteful(record, value_size) && record->resize_in_place(value_size)) return record;
  const bool appending = value_size > record->value_size() && record->value_size() >= kSlackFrom;
  return reshape(record,
                 {.type = record->type(),
                  .encoding = record->encoding(),
                  .value_size = value_size,
                  .has_expiry = record->expiry_ms() != kNoExpiry},
                 appending ? value_size / 4 : 0);
}

Record* Database::overwrite(Record* record, ValueType type, Encoding encoding, std::uint32_t value_size,
                            bool keep_expiry) {
  change_record(record);
  if (record->expires().parts) mark_parts_expiry(record, false);
  keyspace_.drop_object(record);
  record->set_kind(type, encoding);
  const bool expires = record->expiry_ms() != kNoExpiry;
  if ((keep_expiry || !expires) && !wasteful(record, value_size) && record->resize_in_place(value_size)) return record;
  record->resize_in_place(0);
  return reshape(
      record, {.type = type, .encoding = encoding, .value_size = value_size, .has_expiry = keep_expiry && expires}, 0);
}

Record* Database::overwrite(Record* record, ValueType type, ObjectPointer object, bool keep_expiry) {
  record = overwrite(record, type, Encoding::kRaw, sizeof(void*), keep_expiry);
  keyspace_.count_out(record);
  record->store_object(std::move(object));
  keyspace_.count_in(record);
  note_parts_expiry(record);
  return record;
}

ObjectPointer Database::take_object(Record* record) {
  change_record(record);
  if (record->expires().parts) mark_parts_expiry(record, false);
  keyspace_.count_out(record);
  ObjectPointer object = record->take_object();
  keyspace_.count_in(record);
  return object;
}

Record* Database::set_expiry(Record* record, std::int64_t expiry_ms) {
  change_record(record);
  if (!record->has(Record::kHasExpiry)) {
    if (expiry_ms == kNoExpiry) return record;
    record = reshape(record,
                     {.type = record->type(),
                      .encoding = record->encoding(),
                      .value_size = record->value_size(),
                      .has_expiry = true},
                     0);
  }
  const std::uint64_t hash = hash_of(record);
  const Index::Position position = index().find_record(hash, record);
  TERRACE_CHECK(position);
  record->store_expiry(expiry_ms);
  IndexEntry entry = IndexEntry::hot(record, hash);
  entry.set_access_count(position->access_count());
  entry.set_hot_parts_expire(position->parts_expire());
  index().replace(position, entry);
  return record;
}

void Database::note_parts_expiry(Record* record) {
  const bool expire = record->expires().parts;
  // Most values have no parts that expire and never had any.
  if (expire || index().hot_parts_expiring_count() > 0) mark_parts_expiry(record, expire);
}

void Database::mark_parts_expiry(Record* record, bool expire) {
  const Index::Position position = index().find_record(hash_of(record), record);
  TERRACE_CHECK(position);
  IndexEntry entry = *position;
  entry.set_hot_parts_expire(expire);
  index().replace(position, entry);
}

void Database::erase(Record* record) {
  const std::uint64_t hash = hash_of(record);
  index().before_change(hash);
  keyspace_.make_dirty(record);
  const Index::Position position = index().find_record(hash, record);
  TERRACE_CHECK(position);
  index().erase(hash, position);
  keyspace_.drop_object(record);
  keyspace_.count_out(record);
  Record::destroy(record);
}

void Database::erase(const Key& key, const FetchedRecords& fetched_records) {
  bool overwritten = false;
  const Index::Position position = find_entry(key, fetched_records, overwritten);
  TERRACE_CHECK(position);
  if (position->is_hot()) return erase(position->record());
  keyspace_.erase_cold(key.hash, position);
}

std::uint64_t Database::scan(std::uint64_t cursor, const FetchedRecords& fetched_records,
                             std::vector<Location>& missing, const std::function<void(const Record&)>& visit) const {
  const auto place = static_cast<std::uint32_t>(cursor);
  const std::uint32_t chain = index().chain_at(place);
  const std::size_t before = missing.size();
  index().visit_chain(chain, [&](IndexEntry& entry, std::uint64_t) {
    const bool on_disk = entry.is_cold() || entry.is_overwritten();
    if (on_disk && !fetched_records.find(entry.location())) missing.push_back(entry.location());
  });
  if (missing.size() != before) return cursor;
  index().visit_chain(chain, [&](IndexEntry& entry, std::uint64_t) {
    if (entry.is_witness()) return;
    const Record* record = entry.is_hot() ? entry.record() : fetched_records.find(entry.location());
    TERRACE_CHECK(record);
    if (entry.is_overwritten() && !keyspace_.overwrites().is_live(Key(record->key()))) return;
    visit(*record);
  });
  return index().next_cursor(place);
}

const Record* Database::random(std::uint64_t random, const FetchedRecords& fetched_records,
                               std::vector<Location>& missing) const {
  if (index().size() == 0) return nullptr;
  while (true) {
    // A new draw each time: to continue from an empty chain would favour the keys behind long gaps.
    random = random * 0x9E3779B97F4A7C15ull + 0x632BE59BD9B4E019ull;
    const auto chain = static_cast<std::uint32_t>((random >> 32) % index().chain_count());
    std::vector<IndexEntry> entries;
    index().visit_chain(chain, [&entries](IndexEntry& entry, std::uint64_t) {
      if (entry.is_hot() || entry.is_cold()) entries.push_back(entry);
    });
    if (entries.empty()) continue;
    const IndexEntry chosen = entries[(random >> 16 & 0xFFFF) % entries.size()];
    if (chosen.is_hot()) return chosen.record();
    const Record* record = fetched_records.find(chosen.location());
    if (!record) missing.push_back(chosen.location());
    return record;
  }
}

void Database::set_access_count(const Key& key, const FetchedRecords& fetched_records, unsigned count) {
  bool overwritten = false;
  const Index::Position position = find_entry(key, fetched_records, overwritten);
  if (position) position->set_access_count(std::min(count, IndexEntry::kMaxAccessCount));
}

Database::KeyLocation Database::locate(const Key& key, const FetchedRecords& fetched_records) const {
  KeyLocation location;
  bool overwritten = false;
  Index::Position position = find_entry(key, fetched_records, overwritten);
  if (!position && overwritten) position = keyspace_.overwrites().find(key, fetched_records);
  if (!position) return location;
  location.access_count = position->access_count();
  if (!position->is_hot()) {
    location.tier = KeyLocation::Tier::kCold;
    location.location = position->location();
  } else {
    location.tier = KeyLocation::Tier::kHot;
    if (position->record()->clean()) location.location = position->record()->location();
  }
  return location;
}

std::uint32_t Database::visit_hot_expired(std::uint32_t cursor, unsigned chains, std::int64_t now_ms,
                                          std::vector<std::string>& expired_keys,
                                          std::vector<std::string>& expired_parts, TimeLeft& left) const {
  for (; chains > 0; --chains) {
    index().visit_chain(index().chain_at(cursor), [&](IndexEntry& entry, std::uint64_t) {
      if (!entry.is_hot()) return;
      const Record* record = entry.record();
      if (entry.has_expiry()) {
        const std::int64_t left_ms = record->expiry_ms() - now_ms;
        if (left_ms <= 0) return void(expired_keys.emplace_back(record->key()));
        ++left.keys;
        left.total_ms += static_cast<double>(left_ms);
      }
      if (entry.parts_expire() && record->parts_expiry_ms() < now_ms) expired_parts.emplace_back(record->key());
    });
    cursor = index().next_cursor(cursor);
    if (cursor == 0) break;
  }
  return cursor;
}

bool Database::parts_expired(const Key& key, std::int64_t now_ms) const {
  const Index::Position at = index().find(
      key.hash, [&key](Index::Position entry) { return entry->is_hot() && entry->record()->key() == key.name; });
  return at && at->parts_expire() && at->record()->parts_expiry_ms() < now_ms;
}

}  // namespace terrace::storage
