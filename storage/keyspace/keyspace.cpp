#include "storage/keyspace/keyspace.h"

#include <algorithm>
#include <utility>

namespace terrace::storage {

namespace {

// The most hashes that are noted. If there are more, nearly all are overwritten entries of the written key itself,
// and the others can wait until the index is walked for them.
constexpr std::size_t kMaxUnresolved = kTinyLimits ? 256 : 8192;

}  // namespace

Keyspace::Keyspace(SegmentTable& segments, Statistics& statistics, LazyFree& lazy_free, std::uint32_t id)
    : segments_(segments), statistics_(statistics), lazy_free_(lazy_free), id_(id), index_(std::make_shared<Index>()) {}

std::shared_ptr<Index> Keyspace::detach_index(std::uint32_t new_id) {
  id_ = new_id;
  unresolved_.clear();
  return std::exchange(index_, std::make_shared<Index>());
}

Index::Position Keyspace::find_being_written(std::uint64_t hash, std::string_view key, std::uint64_t ticket) const {
  return index_->find(hash, [&](Index::Position at) {
    if (!at->is_hot()) return false;
    const Record* record = at->record();
    return record->has(Record::kWriting) && record->location().bits() == ticket && record->key() == key;
  });
}

Index::Position Keyspace::find_live(const ImageView& image, Location location) {
  const Key key(image.key);
  const Index::Position position = index_->find(key.hash, [&](Index::Position at) {
    if (at->is_hot()) return at->record()->clean() && at->record()->location() == location;
    return !at->is_witness() && at->location() == location;
  });
  if (!position || !position->is_overwritten()) return position;
  return overwrites().resolve(key, position, image.type, image.expires());
}

// --- states of a record

void Keyspace::begin_writing(Record* record, std::uint64_t ticket, bool evict) {
  TERRACE_CHECK(!record->clean() && !record->has(Record::kWriting));
  record->store_location(Location::from_bits(ticket));
  record->set(Record::kWriting);
  if (evict) record->set(Record::kEvicting);
}

void Keyspace::end_writing(std::uint64_t hash, Index::Position position, Location location) {
  Record* record = position->record();
  const bool evict = record->has(Record::kEvicting);
  statistics_.dirty_memory_bytes -= Record::footprint(record);
  record->store_location(location);
  record->clear(Record::kWriting);
  record->clear(Record::kEvicting);
  segments_.add_live(location);
  if (evict) evict_clean(*position, hash);
}

void Keyspace::abandon_writing(Index::Position position) {
  make_dirty(position->record());
}

void Keyspace::evict_clean(IndexEntry& entry, std::uint64_t known_hash) {
  Record* record = entry.record();
  TERRACE_CHECK(record->clean());
  const IndexEntry cold = IndexEntry::cold(record->location(), record->type(), record->expires(), known_hash);
  count_out(record);
  index_->replace_entry(entry, cold);
  if (ObjectPointer object = record->take_object()) lazy_free_.add(std::move(object));
  Record::destroy(record);
}

void Keyspace::erase_cold(std::uint64_t hash, Index::Position position) {
  const Location location = position->location();
  index_->erase(hash, position);
  segments_.drop_live(location);
}

Record* Keyspace::promote(std::uint64_t hash, Index::Position position, RecordPointer fetched) {
  TERRACE_CHECK(fetched);
  Record* record = fetched.release();
  record->store_location(position->location());
  IndexEntry entry = IndexEntry::hot(record, hash);
  entry.set_access_count(1);
  entry.set_hot_parts_expire(record->expires().parts);
  index_->replace(position, entry);
  count_in(record);
  ++statistics_.promotions;
  return record;
}

void Keyspace::drop_image(Record* record) {
  segments_.drop_live(record->location());
  statistics_.dirty_memory_bytes += Record::footprint(record);
}

void Keyspace::relocate(std::uint64_t hash, Index::Position position, Location location) {
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

void Keyspace::forget_images(std::uint32_t chain, std::uint32_t segment) {
  index_->visit_chain(chain, [this, segment](IndexEntry& entry, std::uint64_t) {
    if (!entry.is_hot() || !entry.record()->clean()) return;
    if (entry.record()->location().segment() == segment) make_dirty(entry.record());
  });
}

void Keyspace::drop_object(Record* record) {
  ObjectPointer object = record->take_object();
  if (!object) return;
  object->count_out();
  statistics_.record_memory_bytes -= object->footprint_bytes();
  statistics_.dirty_memory_bytes -= object->footprint_bytes();
  lazy_free_.add(std::move(object));
}

// --- overwritten entries

void Keyspace::note_overwritten(std::uint64_t hash) {
  if (unresolved_.size() < kMaxUnresolved) unresolved_.push_back(hash);
}

std::vector<std::uint64_t> Keyspace::take_unresolved(std::size_t most) {
  const auto begin = unresolved_.end() - static_cast<std::ptrdiff_t>(std::min(most, unresolved_.size()));
  std::vector<std::uint64_t> taken(begin, unresolved_.end());
  unresolved_.erase(begin, unresolved_.end());
  return taken;
}

void Keyspace::append_overwritten(std::uint64_t hash, std::vector<Location>& locations) const {
  index_->find(hash, [&locations](Index::Position at) {
    if (at->is_overwritten()) locations.push_back(at->location());
    return false;
  });
}

void Keyspace::resolve_overwritten(std::uint64_t hash, const FetchedRecords& fetched_records) {
  std::vector<Location> locations;
  append_overwritten(hash, locations);
  for (const Location location : locations) {
    const Record* record = fetched_records.find(location);
    if (!record) continue;
    const Key key(record->key());
    const Index::Position overwritten = index_->find(
        hash, [location](Index::Position at) { return at->is_overwritten() && at->location() == location; });
    if (overwritten) overwrites().resolve(key, overwritten, record->type(), record->expires());
  }
}

}  // namespace terrace::storage
