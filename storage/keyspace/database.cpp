#include "storage/keyspace/database.h"

#include <algorithm>

#include "storage/base/mutant.h"
#include "storage/keyspace/blind_overwrites.h"

namespace terrace::storage {

namespace {

// A value this large that is made larger step by step gets a quarter more than it asks for. Smaller ones are cells,
// whose sizes go in steps that are small enough to move it along: most of them stop growing, and what they were given
// in advance would stay.
constexpr std::uint32_t kSlackFrom = 4096;

// Hashes of overwritten entries that are noted at most; beyond them nearly all are such as compaction may resolve as well.
constexpr std::size_t kMaxUnresolved = 8192;

bool stays(const Record& record) {
  return record.object() && record.object()->footprint_bytes() > kStayingObjectSize;
}

// A smaller value stays in its allocation unless that would waste more than half of it.
bool wasteful(const Record* record, std::uint32_t value_size) {
  const std::size_t footprint = Record::own_footprint(record);
  const std::size_t needed = footprint - std::min<std::size_t>(footprint, record->value_size()) + value_size;
  return footprint > 128 && needed * 2 < footprint;
}

}  // namespace

Database::Database(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id)
    : segments_(segments), statistics_(statistics), lazy_free_(lazy_free), id_(id), index_(std::make_shared<Index>()) {}

std::uint64_t Database::size() const {
  return index_->size();
}
std::uint64_t Database::keys_with_expiry() const {
  return index_->expiring_count();
}

void Database::prefetch(std::span<const std::uint64_t> hashes) const {
  for (const std::uint64_t hash : hashes) prefetch_bucket(hash);
  for (const std::uint64_t hash : hashes) prefetch_record(hash);
}

bool Database::resident(const Key& key, const FetchedRecords& fetched_records, std::vector<Location>& missing) const {
  const std::size_t before = missing.size();
  bool overwritten = false;
  const auto there = index_->find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    overwritten = overwritten || at->is_overwritten();
    if (!at->is_cold()) return false;
    const Record* record = fetched_records.find(at->location());
    if (!record) missing.push_back(at->location());
    return record && record->key() == key.name;
  });
  // The key itself is in memory: what else its hash matched need not be read.
  if (there) {
    missing.resize(before);
  } else if (overwritten) {
    BlindOverwrites(*index_, segments_).append_missing(key, fetched_records, missing);
  }
  return missing.size() == before;
}

bool Database::overwritable(const Key& key, const FetchedRecords& fetched_records,
                            std::vector<Location>& missing) const {
  unsigned maybes = 0;
  const auto there = index_->find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    if (!at->is_cold()) return false;
    const Record* record = fetched_records.find(at->location());
    if (!record) ++maybes;
    return record && record->key() == key.name;
  });
  if (there || BlindOverwrites(*index_, segments_).may_cast(key, maybes)) return true;
  return resident(key, fetched_records, missing);
}

Index::Position Database::find_entry(const Key& key, const FetchedRecords& fetched_records, bool& overwritten) const {
  return index_->find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->key() == key.name;
    overwritten = overwritten || at->is_overwritten();
    if (!at->is_cold()) return false;
    const Record* record = fetched_records.find(at->location());
    if (!record) return false;
    if (record->key() == key.name || mutant(Mutant::kSkipKeyCheck)) return true;
    ++statistics_.false_fetches;
    return false;
  });
}

Record* Database::find(const Key& key, FetchedRecords& fetched_records, Access access) {
  bool overwritten = false;
  Index::Position position = find_entry(key, fetched_records, overwritten);
  if (!position && overwritten) {
    BlindOverwrites overwrites(*index_, segments_);
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
  if (access == Access::kRead && count == 0 && !stays(*transient)) {
    position->set_access_count(1);
    return transient;
  }
  return promote(key.hash, position, fetched_records);
}

Record* Database::promote(std::uint64_t hash, Index::Position position, FetchedRecords& fetched_records) {
  const Location location = position->location();
  Record* record = fetched_records.take(location).release();
  TERRACE_CHECK(record);
  record->store_location(location);
  IndexEntry entry = IndexEntry::hot(record, hash);
  entry.set_access_count(1);
  entry.set_hot_parts_expire(record->expires().parts);
  index_->replace(position, entry);
  account(record, true);
  ++statistics_.promotions;
  return record;
}

void Database::account(const Record* record, bool in) {
  const std::uint64_t bytes = Record::footprint(record);
  const std::uint64_t delta = in ? bytes : -bytes;
  statistics_.record_memory_bytes += delta;
  if (!record->clean()) statistics_.dirty_memory_bytes += delta;
  if (Object* object = record->object()) in ? object->count_in(statistics_) : object->count_out();
}

void Database::drop_object(Record* record) {
  ObjectPointer object = record->take_object();
  if (!object) return;
  object->count_out();
  statistics_.record_memory_bytes -= object->footprint_bytes();
  statistics_.dirty_memory_bytes -= object->footprint_bytes();
  lazy_free_.add(std::move(object));
}

void Database::make_dirty(Record* record) {
  if (record->clean()) {
    segments_.drop_live(record->location());
    statistics_.dirty_memory_bytes += Record::footprint(record);
  }
  record->store_location(Location{});
  record->clear(Record::kWriting);
  record->clear(Record::kEvicting);
}

bool Database::changeable(const Key& key) {
  const Index::Position at = index_->find(
      key.hash, [&key](Index::Position entry) { return entry->is_hot() && entry->record()->key() == key.name; });
  const Object* object = at ? at->record()->object() : nullptr;
  if (!object) return true;
  index_->before_change(key.hash);
  return !object->image_needed();
}

void Database::change(Record* record) {
  change_record(record);
  if (Object* object = record->object()) object->before_change();
}

void Database::change_record(Record* record) {
  if (index_->observed()) index_->before_change(hash_of(record));
  make_dirty(record);
}

Record* Database::insert(const Key& key, const FetchedRecords& fetched_records, ValueType type, Encoding encoding,
                         std::uint32_t value_size) {
  if (index_->cold_count() > 0 && BlindOverwrites(*index_, segments_).cast(key, fetched_records) &&
      unresolved_.size() < kMaxUnresolved) {
    unresolved_.push_back(key.hash);
  }
  Record* record = Record::create(key.name, {.type = type, .encoding = encoding, .value_size = value_size});
  IndexEntry entry = IndexEntry::hot(record, key.hash);
  entry.set_access_count(1);
  index_->insert(key.hash, entry);
  account(record, true);
  return record;
}

Record* Database::reshape(Record* record, const Record::Shape& shape, std::size_t slack) {
  Record* grown = Record::create(record->key(), shape, slack);
  std::memcpy(grown->value(), record->value(), std::min(record->value_size(), shape.value_size));
  if (shape.has_expiry) grown->store_expiry(record->expiry_ms());
  const std::uint64_t hash = hash_of(record);
  const Index::Position position = index_->find_record(hash, record);
  TERRACE_CHECK(position);
  IndexEntry entry = IndexEntry::hot(grown, hash);
  entry.set_access_count(position->access_count());
  entry.set_hot_parts_expire(position->parts_expire());
  account(record, false);
  index_->replace(position, entry);
  account(grown, true);
  // Both point to the object now.
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
  drop_object(record);
  record->set_kind(type, encoding);
  const bool expires = record->expiry_ms() != kNoExpiry;
  if ((keep_expiry || !expires) && !wasteful(record, value_size) && record->resize_in_place(value_size)) return record;
  record->resize_in_place(0);
  return reshape(
      record, {.type = type, .encoding = encoding, .value_size = value_size, .has_expiry = keep_expiry && expires}, 0);
}

Record* Database::overwrite(Record* record, ValueType type, ObjectPointer object, bool keep_expiry) {
  record = overwrite(record, type, Encoding::kRaw, sizeof(void*), keep_expiry);
  account(record, false);
  record->store_object(std::move(object));
  account(record, true);
  note_parts_expiry(record);
  return record;
}

ObjectPointer Database::take_object(Record* record) {
  change_record(record);
  if (record->expires().parts) mark_parts_expiry(record, false);
  account(record, false);
  ObjectPointer object = record->take_object();
  account(record, true);
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
  const Index::Position position = index_->find_record(hash, record);
  TERRACE_CHECK(position);
  record->store_expiry(expiry_ms);
  IndexEntry entry = IndexEntry::hot(record, hash);
  entry.set_access_count(position->access_count());
  entry.set_hot_parts_expire(position->parts_expire());
  index_->replace(position, entry);
  return record;
}

void Database::note_parts_expiry(Record* record) {
  const bool expire = record->expires().parts;
  // Most values have no parts that expire, nor ever had.
  if (expire || index_->hot_parts_expiring_count() > 0) mark_parts_expiry(record, expire);
}

void Database::mark_parts_expiry(Record* record, bool expire) {
  const Index::Position position = index_->find_record(hash_of(record), record);
  TERRACE_CHECK(position);
  IndexEntry entry = *position;
  entry.set_hot_parts_expire(expire);
  index_->replace(position, entry);
}

void Database::erase(Record* record) {
  const std::uint64_t hash = hash_of(record);
  index_->before_change(hash);
  make_dirty(record);
  const Index::Position position = index_->find_record(hash, record);
  TERRACE_CHECK(position);
  index_->erase(hash, position);
  drop_object(record);
  account(record, false);
  Record::destroy(record);
}

std::uint64_t Database::scan(std::uint64_t cursor, const FetchedRecords& fetched_records,
                             std::vector<Location>& missing, const std::function<void(const Record&)>& visit) const {
  const auto place = static_cast<std::uint32_t>(cursor);
  const std::uint32_t chain = index_->chain_at(place);
  const std::size_t before = missing.size();
  index_->visit_chain(chain, [&](IndexEntry& entry, std::uint64_t) {
    const bool on_disk = entry.is_cold() || entry.is_overwritten();
    if (on_disk && !fetched_records.find(entry.location())) missing.push_back(entry.location());
  });
  if (missing.size() != before) return cursor;
  index_->visit_chain(chain, [&](IndexEntry& entry, std::uint64_t) {
    if (entry.is_witness()) return;
    const Record* record = entry.is_hot() ? entry.record() : fetched_records.find(entry.location());
    TERRACE_CHECK(record);
    if (entry.is_overwritten() && !BlindOverwrites(*index_, segments_).is_live(Key(record->key()))) return;
    visit(*record);
  });
  return index_->next_cursor(place);
}

const Record* Database::random(std::uint64_t random, const FetchedRecords& fetched_records,
                               std::vector<Location>& missing) const {
  if (index_->size() == 0) return nullptr;
  while (true) {
    // A fresh draw each time: walking on from an empty chain would favour the keys behind long gaps.
    random = random * 0x9E3779B97F4A7C15ull + 0x632BE59BD9B4E019ull;
    const auto chain = static_cast<std::uint32_t>((random >> 32) % index_->chain_count());
    std::vector<IndexEntry> entries;
    index_->visit_chain(chain, [&entries](IndexEntry& entry, std::uint64_t) {
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

Database::KeyLocation Database::locate(const Key& key, const FetchedRecords& fetched_records) const {
  KeyLocation location;
  bool overwritten = false;
  Index::Position position = find_entry(key, fetched_records, overwritten);
  if (!position && overwritten) position = BlindOverwrites(*index_, segments_).find(key, fetched_records);
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
    index_->visit_chain(index_->chain_at(cursor), [&](IndexEntry& entry, std::uint64_t) {
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
    cursor = index_->next_cursor(cursor);
    if (cursor == 0) break;
  }
  return cursor;
}

bool Database::parts_expired(const Key& key, std::int64_t now_ms) const {
  const Index::Position at = index_->find(
      key.hash, [&key](Index::Position entry) { return entry->is_hot() && entry->record()->key() == key.name; });
  return at && at->parts_expire() && at->record()->parts_expiry_ms() < now_ms;
}

Index::Position Database::find_being_written(std::uint64_t hash, std::string_view key, std::uint64_t ticket) const {
  return index_->find(hash, [&](Index::Position at) {
    if (!at->is_hot()) return false;
    const Record* record = at->record();
    return record->has(Record::kWriting) && record->location().bits() == ticket && record->key() == key;
  });
}

Index::Position Database::find_live(const ImageView& image, Location location) {
  const Key key(image.key);
  const Index::Position position = index_->find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->clean() && at->record()->location() == location;
    return !at->is_witness() && at->location() == location;
  });
  if (!position || !position->is_overwritten()) return position;
  return BlindOverwrites(*index_, segments_).resolve(key, position, image.type, image.expires());
}

std::vector<std::uint64_t> Database::take_unresolved(std::size_t most) {
  const auto begin = unresolved_.end() - static_cast<std::ptrdiff_t>(std::min(most, unresolved_.size()));
  std::vector<std::uint64_t> taken(begin, unresolved_.end());
  unresolved_.erase(begin, unresolved_.end());
  return taken;
}

void Database::append_overwrittens(std::uint64_t hash, std::vector<Location>& locations) const {
  index_->find(hash, [&locations](Index::Position at) {
    if (at->is_overwritten()) locations.push_back(at->location());
    return false;
  });
}

void Database::resolve_overwritten(std::uint64_t hash, const FetchedRecords& fetched_records) {
  std::vector<Location> locations;
  append_overwrittens(hash, locations);
  for (const Location location : locations) {
    const Record* record = fetched_records.find(location);
    if (!record) continue;
    const Key key(record->key());
    const Index::Position overwritten = index_->find(
        hash, [location](Index::Position at) { return at->is_overwritten() && at->location() == location; });
    if (overwritten) BlindOverwrites(*index_, segments_).resolve(key, overwritten, record->type(), record->expires());
  }
}

void Database::begin_writing(Record* record, std::uint64_t ticket, bool evict) {
  TERRACE_CHECK(!record->clean() && !record->has(Record::kWriting));
  record->store_location(Location::from_bits(ticket));
  record->set(Record::kWriting);
  if (evict) record->set(Record::kEvicting);
}

void Database::end_writing(std::uint64_t hash, Index::Position position, Location location) {
  Record* record = position->record();
  const bool evict = record->has(Record::kEvicting);
  statistics_.dirty_memory_bytes -= Record::footprint(record);
  record->store_location(location);
  record->clear(Record::kWriting);
  record->clear(Record::kEvicting);
  segments_.add_live(location);
  if (evict) evict_clean(*position, hash);
}

void Database::abandon_writing(Index::Position position) {
  Record* record = position->record();
  record->store_location(Location{});
  record->clear(Record::kWriting);
  record->clear(Record::kEvicting);
}

void Database::relocate(std::uint64_t hash, Index::Position position, Location location) {
  segments_.add_live(location);
  if (position->is_hot()) {
    segments_.drop_live(position->record()->location());
    position->record()->store_location(location);
    return;
  }
  segments_.drop_live(position->location());
  IndexEntry entry = IndexEntry::cold(location, position->type(), position->expires(), hash);
  entry.set_access_count(position->access_count());
  index_->replace(position, entry);
}

void Database::forget_images(std::uint32_t chain, std::uint32_t segment) {
  index_->visit_chain(chain, [this, segment](IndexEntry& entry, std::uint64_t) {
    if (!entry.is_hot() || !entry.record()->clean()) return;
    if (entry.record()->location().segment() == segment) make_dirty(entry.record());
  });
}

void Database::evict_clean(IndexEntry& entry, std::uint64_t known_hash) {
  Record* record = entry.record();
  TERRACE_CHECK(record->clean());
  const IndexEntry cold = IndexEntry::cold(record->location(), record->type(), record->expires(), known_hash);
  account(record, false);
  index_->replace_entry(entry, cold);
  if (ObjectPointer object = record->take_object()) lazy_free_.add(std::move(object));
  Record::destroy(record);
}

std::shared_ptr<Index> Database::detach_index(std::uint32_t new_id) {
  id_ = new_id;
  unresolved_.clear();
  return std::exchange(index_, std::make_shared<Index>());
}

}  // namespace terrace::storage
