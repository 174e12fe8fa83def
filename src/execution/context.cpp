#include "src/execution/context.h"

#include <cstring>
#include <utility>

#include "src/types/hash/hash.h"
#include "src/types/object_decoder.h"

namespace terrace {
namespace {

using storage::Access;
using storage::Encoding;
using storage::Key;
using storage::Record;
using storage::ValueType;

bool lies_within(std::string_view bytes, const Record* record) {
  return bytes.data() >= record->value() && bytes.data() < record->value() + record->value_size();
}

// A hash without a field that has not expired does not exist.
bool all_fields_expired(const Record& record, std::int64_t now_ms) {
  if (record.type() != ValueType::kHash) return false;
  const std::int64_t soonest_ms = record.parts_expiry_ms();
  return soonest_ms != storage::kNoExpiry && soonest_ms < now_ms && types::HashView(record, now_ms).size() == 0;
}

// The hash of a key is searched among so many planned keys. Handlers of commands with more keys look them up in order.
constexpr std::size_t kKeysSearched = 4;
// So much a command may use without asking.
constexpr std::uint64_t kLittleMemory = 32 << 10;

}  // namespace

// Handlers pass the same arguments from which the keys were planned, mostly in order: their addresses are compared.
const Key& Context::key_of(std::string_view name) {
  const std::vector<PlannedKey>& keys = call_.keys;
  const auto same = [&](std::size_t i) {
    return keys[i].key.name.data() == name.data() && keys[i].key.name.size() == name.size();
  };
  if (call_.next_key < keys.size() && same(call_.next_key)) return keys[call_.next_key++].key;
  for (std::size_t i = 0; i < keys.size() && i < kKeysSearched; ++i) {
    if (!same(i)) continue;
    call_.next_key = i + 1;
    return keys[i].key;
  }
  call_.unlisted_keys = true;
  return unlisted_key_ = Key(name);
}

// The name comes from a record, not from an argument: names are compared. All that a handler gets are records of its
// planned keys, unless it has looked up others.
const Key& Context::known_key(std::string_view name) {
  const std::vector<PlannedKey>& keys = call_.keys;
  if (keys.size() == 1 && !call_.unlisted_keys) return keys[0].key;
  for (std::size_t i = call_.next_key > 0 ? call_.next_key - 1 : 0;
       i < keys.size() && i < call_.next_key + kKeysSearched; ++i) {
    if (keys[i].key.name == name) return keys[i].key;
  }
  return unlisted_key_ = Key(name);
}

void Context::note(KeyEvent event, const Key& key, unsigned number, ValueType type) {
  batch_.unit.note(event, number, key, type, parts_.events.wanted() && batch_.origin->observed);
}

void Context::note_change(const Record& record, unsigned number, KeyEvent event) {
  call_.changed = true;
  note(event, known_key(record.key()), number, record.type());
}

Record* Context::find(std::string_view name, unsigned number, Access access) {
  return find(key_of(name), number, access);
}

Record* Context::find(const Key& key, unsigned number, Access access) {
  Record* const record = engine_.database(number).find(key, batch_.fetched_records, access);
  if (record == nullptr) return find_head(key, number, access);
  if (access == Access::kRead || (access == Access::kWrite && !session.no_touch)) note_access(key, number);
  if (!batch_.origin->expires) return record;
  if (record->expired(now_ms)) {
    expire(key, number, *record, batch_.fetched_records);
    return nullptr;
  }
  const bool gone = all_fields_expired(*record, now_ms) && expire(key, number, *record, batch_.fetched_records);
  return gone ? nullptr : record;
}

// The record may have been read without its value. It becomes hot only to be removed.
Record* Context::find_head(const Key& key, unsigned number, Access access) {
  // A key that is looked up for writing and absent is about to be made.
  if (access == Access::kWrite) note_access(key, number);
  if (batch_.heads.empty() || (command.flags & kHeadOnly) == 0) return nullptr;
  Record* const head =
      engine_.database(number).find(key, batch_.heads, access == Access::kWrite ? access : Access::kPeek);
  if (head == nullptr) return nullptr;
  if (access == Access::kRead) note_access(key, number);
  if (!batch_.origin->expires || !head->expired(now_ms)) return head;
  expire(key, number, *head, batch_.heads);
  return nullptr;
}

void Context::note_access(const Key& key, unsigned number) {
  parts_.access_times.touch(key.hash, number, now_ms);
}

// Of a key that has expired, or of a hash of which all fields have. While writes are refused, it is not removed, only
// hidden; so are those of an open unit, for which they live.
bool Context::expire(const Key& key, unsigned number, const Record& record, storage::FetchedRecords& fetched) {
  if (!engine_.writable(false).ok() || open_unit_.holds(batch_, key, number)) return false;
  const bool whole = record.expired(now_ms);
  note(whole ? KeyEvent::kExpired : KeyEvent::kRemoved, key, number, record.type());
  if (whole) {
    ++parts_.statistics.expired_keys;
    notify(kEventExpired, "expired", key.name, number);
  } else {
    parts_.statistics.expired_fields += types::HashView(record, types::kBeforeAnyTime).size();
    notify(kEventHash, "hexpired", key.name, number);
    notify(kEventGeneric, "del", key.name, number);
  }
  engine_.database(number).erase(key, fetched);
  batch_.unit.effects().add(number, {"DEL", key.name});
  return true;
}

Record* Context::remove_expired_fields(Record* record, std::span<const std::string_view> fields, std::size_t step) {
  const std::int64_t soonest_ms = record->parts_expiry_ms();
  if (replaying() || soonest_ms == storage::kNoExpiry || soonest_ms >= now_ms) return record;
  const std::string key(record->key());
  std::vector<std::string_view> effect{"HDEL", key};
  for (std::size_t i = 0; i < fields.size(); i += step) {
    const auto time_ms = types::HashView(*record, types::kBeforeAnyTime).time_of(fields[i]);
    if (time_ms && *time_ms != storage::kNoExpiry && *time_ms < now_ms) effect.push_back(fields[i]);
  }
  if (effect.size() == 2) return record;
  const bool changed = call_.changed;  // the removal is no change that the command makes
  change(record, KeyEvent::kFieldsExpired);
  types::Hash hash(database(), record, limits);
  for (const std::string_view field : std::span(effect).subspan(2))
    parts_.statistics.expired_fields += hash.erase(field);
  batch_.unit.effects().add(session.database, effect);
  notify(kEventHash, "hexpired", key);
  record = hash.empty() ? nullptr : hash.record();
  if (record == nullptr) {
    remove(hash.record());
    notify(kEventGeneric, "del", key);
  }
  call_.changed = changed;
  return record;
}

void Context::change_aside(Record* record, std::span<const std::string_view> effect) {
  const bool changed = call_.changed;
  change(record, KeyEvent::kUnseen);
  batch_.unit.effects().add(session.database, effect);
  call_.changed = changed;
}

const Record* Context::counted(const Record* record) {
  ++(record ? parts_.statistics.keyspace_hits : parts_.statistics.keyspace_misses);
  return record;
}

const Record* Context::noticed(std::string_view name, const Record* record) {
  if (counted(record) == nullptr) notify(kEventMiss, "keymiss", name);
  return record;
}

const Record* Context::read(std::string_view key) {
  return noticed(key, find(key, session.database, session.no_touch ? Access::kPeek : Access::kRead));
}
const Record* Context::touch(std::string_view key) {
  return noticed(key, find(key, session.database, Access::kRead));
}
const Record* Context::read_without_touch(std::string_view key) {
  return noticed(key, find(key, session.database, Access::kPeek));
}
const Record* Context::read_unnoticed(std::string_view key) {
  return counted(find(key, session.database, Access::kPeek));
}
const Record* Context::peek(std::string_view key) {
  return find(key, session.database, Access::kPeek);
}
const Record* Context::peek(std::string_view key, unsigned number) {
  return find(key, number, Access::kPeek);
}
Record* Context::write(std::string_view key) {
  return find(key, session.database, Access::kWrite);
}
Record* Context::write(std::string_view key, unsigned number) {
  return find(key, number, Access::kWrite);
}

Record* Context::put(std::string_view key, ValueType type, Encoding encoding, std::string_view bytes,
                     bool keep_expiry) {
  return put(key, session.database, type, encoding, bytes, keep_expiry);
}

Record* Context::put(std::string_view name, unsigned number, ValueType type, Encoding encoding, std::string_view bytes,
                     bool keep_expiry) {
  const Key& key = key_of(name);
  Record* record = find(key, number, Access::kWrite);
  std::string copy;
  storage::Database& keyspace = engine_.database(number);
  const std::uint32_t size = static_cast<std::uint32_t>(bytes.size());
  if (record == nullptr) {
    record = keyspace.insert(key, batch_.fetched_records, type, encoding, size);
    notify(kEventNew, "new", name, number);
  } else {
    // Clients may wait for the removal of the old value (BlockedClient::when_gone).
    if (record->type() != type) note(KeyEvent::kRemoved, key, number, record->type());
    if (lies_within(bytes, record)) bytes = copy = bytes;
    record = keyspace.overwrite(record, type, encoding, size, keep_expiry);
  }
  if (size > 0) std::memcpy(record->value(), bytes.data(), size);
  if (encoding == Encoding::kTimedListpack) keyspace.note_parts_expiry(record);
  call_.changed = true;
  note(KeyEvent::kStored, key, number, type);
  return record;
}

Record* Context::put(std::string_view name, unsigned number, ValueType type, storage::ObjectPointer object,
                     bool keep_expiry) {
  Record* record = put(name, number, type, Encoding::kRaw, {}, keep_expiry);
  return engine_.database(number).overwrite(record, type, std::move(object), keep_expiry);
}

storage::ObjectPointer Context::take_object(Record* record) {
  note_change(*record, session.database);
  return database().take_object(record);
}

void Context::change(Record* record, KeyEvent event) {
  note_change(*record, session.database, event);
  database().change(record);
}

void Context::signal_modified(const Record& record) {
  note(KeyEvent::kChanged, known_key(record.key()), session.database, record.type());
}

Record* Context::resize(Record* record, std::uint32_t value_size, KeyEvent event) {
  note_change(*record, session.database, event);
  return database().resize(record, value_size);
}

Record* Context::set_expiry(Record* record, std::int64_t expiry_ms) {
  return set_expiry(record, expiry_ms, session.database);
}

Record* Context::set_expiry(Record* record, std::int64_t expiry_ms, unsigned number) {
  note_change(*record, number);
  return engine_.database(number).set_expiry(record, expiry_ms);
}

void Context::remove(Record* record) {
  remove(record, session.database);
}

void Context::remove(Record* record, unsigned number) {
  note_change(*record, number, KeyEvent::kRemoved);
  engine_.database(number).erase(record);
}

unsigned Context::database_number() const {
  return session.database;
}
storage::Database& Context::database() {
  return engine_.database(session.database);
}
storage::Database& Context::database(unsigned number) {
  return engine_.database(number);
}

bool Context::need(std::string_view key) {
  return need(key, session.database);
}

bool Context::need(std::string_view name, unsigned number) {
  call_.unlisted_keys = true;
  return engine_.database(number).resident(key_of(name), batch_.fetched_records, batch_.missing);
}

io::Task<> Context::wait_for_open_unit() {
  if (in_transaction()) co_return;  // the open unit is its own
  while (open_unit_.active()) co_await open_unit_.closed().wait();
}

io::Task<bool> Context::load(std::span<const std::string_view> keys) {
  while (true) {
    co_await wait_for_open_unit();
    for (const std::string_view key : keys) need(key);
    if (batch_.missing.empty()) co_return true;
    const Result<void> fetched = co_await engine_.fetch(batch_.missing, batch_.fetched_records);
    batch_.missing.clear();
    if (fetched.ok()) continue;
    reply.error("IOERR " + fetched.error().message);
    co_return false;
  }
}

std::int64_t Context::idle_seconds(std::string_view key) {
  return parts_.access_times.idle_seconds(key_of(key).hash, session.database, now_ms);
}
void Context::set_idle_seconds(std::string_view key, std::int64_t seconds) {
  parts_.access_times.set_idle(key_of(key).hash, session.database, now_ms, seconds);
}
void Context::set_access_count(std::string_view key, unsigned count) {
  database().set_access_count(key_of(key), batch_.fetched_records, count);
}

storage::Database::KeyLocation Context::locate(std::string_view key) {
  return database().locate(key_of(key), batch_.fetched_records);
}

// After some copies that changes have spoilt, the handler copies the object itself. So it does inside an open unit,
// which must not wait for a copy.
bool Context::copied(std::string_view key, storage::ObjectPointer& copy) {
  constexpr unsigned kMostCopies = 2;
  const std::unique_ptr<storage::ObjectCopy> made = std::exchange(call_.copy, nullptr);
  const Record* record = peek(key);
  const storage::Object* object = record == nullptr ? nullptr : record->object();
  if (object == nullptr || !batch_.origin->is_client || object->image_size_bound() <= storage::kSlicedImageSize) {
    return true;
  }
  if (made) copy = made->take(object);
  if (copy || call_.copies_begun == kMostCopies || batch_.transaction.opened) return true;
  ++call_.copies_begun;
  // write() makes the record hot. The copy is told when a hot record loses its object.
  call_.copy = std::make_unique<storage::ObjectCopy>(*write(key), types::object_decoder(), engine_.ledger());
  return false;
}

bool Context::take_memory(std::uint64_t bytes) {
  if (!batch_.origin->is_client) return true;
  const storage::MemoryQueue& queue = parts_.store.memory_queue();
  if (bytes <= kLittleMemory || bytes <= queue.room()) return true;
  if (bytes <= batch_.wanted_for_work && batch_.reserved.bytes() >= batch_.wanted_for_work) return true;
  if (!in_transaction()) {
    batch_.wanted_for_work = bytes;
    call_.lacks_memory = true;
    return false;
  }
  // An open unit does not wait for memory.
  if (bytes <= queue.most()) return true;
  reply.error("OOM the command needs " + std::to_string(bytes) + " bytes of memory at once, 'maxmemory' leaves " +
              std::to_string(queue.most()));
  return false;
}

void Context::reveal_keyspace() {
  call_.unlisted_keys |= engine_.log_advances();
}

std::uint64_t Context::random() const {
  return call_.random;
}

// Inside a transaction a command does not wait: it replies as at a timeout.
void Context::block(const KeyWait& wait) {
  if (!may_block()) return reply.null_array();
  call_.blocks = true;
  call_.wait = wait;
}

std::span<const std::string_view> Context::candidates(std::span<const std::string_view> keys) const {
  if (!call_.served) return keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == call_.served_key) return keys.subspan(i, 1);
  }
  return {};
}

void Context::extended(std::string_view key, ValueType type) {
  note(KeyEvent::kExtended, known_key(key), session.database, type);
}

void Context::flush(unsigned number) {
  engine_.flush_database(number);
  call_.changed = true;
  batch_.unit.note_database(KeyEvent::kFlushed, number);
}

void Context::swap(unsigned first, unsigned second) {
  engine_.swap_databases(first, second);
  call_.changed = true;
  batch_.unit.note_database(KeyEvent::kSwapped, first);
  batch_.unit.note_database(KeyEvent::kSwapped, second);
}

void Context::note_replaced(std::string_view key, unsigned number) {
  note(KeyEvent::kReplaced, Key(key), number, ValueType::kString);
}

void Context::propagate(std::span<const std::string_view> effect) {
  call_.effects_replaced = true;
  batch_.unit.effects().add(session.database, effect);
}

void Context::propagate(std::initializer_list<std::string_view> effect) {
  propagate(std::span(effect.begin(), effect.size()));
}

void Context::propagate_nothing() {
  call_.effects_replaced = true;
}

}  // namespace terrace
