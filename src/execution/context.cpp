#include "src/execution/context.h"

#include <cstring>
#include <utility>

#include "src/config/config.h"
#include "src/execution/client.h"
#include "src/execution/command.h"
#include "src/execution/dispatcher.h"
#include "src/execution/services.h"
#include "src/runtime/server_statistics.h"
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

// Keys in front of this many are searched for a listed key's hash; a command with more asks for them in order.
constexpr std::size_t kKeysSearched = 4;

}  // namespace

// Handlers ask for their keys by the very arguments they were hashed from, mostly in order.
Key Context::key_of(std::string_view name) {
  const std::vector<Key>& keys = state_.keys;
  if (state_.next_key < keys.size() && keys[state_.next_key].name.data() == name.data() &&
      keys[state_.next_key].name.size() == name.size()) {
    return keys[state_.next_key++];
  }
  for (std::size_t i = 0; i < keys.size() && i < kKeysSearched; ++i) {
    if (keys[i].name.data() == name.data() && keys[i].name.size() == name.size()) {
      state_.next_key = i + 1;
      return keys[i];
    }
  }
  state_.unlisted_keys = true;
  return Key(name);
}

Record* Context::find(std::string_view name, unsigned number, Access access) {
  Key key = key_of(name);
  Record* record = engine_.database(number).find(key, state_.fetched_records, access);
  if (record == nullptr || !record->has(Record::kHasExpiry) || replaying) return record;
  std::int64_t expiry = record->expiry_ms();
  if (expiry == storage::kNoExpiry || expiry >= now_ms) return record;
  expire(key, number);
  return nullptr;
}

// While writes are refused the key stays where it is and is only hidden.
void Context::expire(const Key& key, unsigned number) {
  if (!engine_.writable(false).ok()) return;
  storage::Database& keyspace = engine_.database(number);
  Record* record = keyspace.find(key, state_.fetched_records, Access::kWrite);
  if (record == nullptr) return;
  key_gone(*record, number);
  keyspace.erase(record);
  ++statistics_.expired_keys;
  state_.expirations.add(number, {"DEL", key.name});
  state_.changed_hashes.push_back(key.hash);
}

Record* Context::remove_expired_fields(Record* record, std::span<const std::string_view> fields, std::size_t step) {
  const std::int64_t soonest_ms = record->parts_expiry_ms();
  if (replaying || soonest_ms == storage::kNoExpiry || soonest_ms >= now_ms) return record;
  const std::string key(record->key());
  std::vector<std::string_view> effect{"HDEL", key};
  for (std::size_t i = 0; i < fields.size(); i += step) {
    const auto time_ms = types::HashView(*record, types::kBeforeAnyTime).time_of(fields[i]);
    if (time_ms && *time_ms != storage::kNoExpiry && *time_ms < now_ms) effect.push_back(fields[i]);
  }
  if (effect.size() == 2) return record;
  // An expiration counts as one change, whatever it takes.
  const std::size_t changes = state_.changed_hashes.size();
  change(record);
  types::Hash hash(database(), record, services.config.settings());
  for (const std::string_view field : std::span(effect).subspan(2)) statistics_.expired_fields += hash.erase(field);
  state_.expirations.add(client.database, effect);
  record = hash.empty() ? nullptr : hash.record();
  if (record == nullptr) remove(hash.record());
  state_.changed_hashes.resize(changes + 1);
  return record;
}

const Record* Context::read(std::string_view key) {
  const Record* record = find(key, client.database, client.no_touch ? Access::kPeek : Access::kRead);
  ++(record ? statistics_.keyspace_hits : statistics_.keyspace_misses);
  return record;
}

const Record* Context::peek(std::string_view key) {
  return find(key, client.database, Access::kPeek);
}
Record* Context::write(std::string_view key) {
  return find(key, client.database, Access::kWrite);
}
Record* Context::write(std::string_view key, unsigned number) {
  return find(key, number, Access::kWrite);
}

Record* Context::put(std::string_view key, ValueType type, Encoding encoding, std::string_view bytes,
                     bool keep_expiry) {
  return put(key, client.database, type, encoding, bytes, keep_expiry);
}

Record* Context::put(std::string_view name, unsigned number, ValueType type, Encoding encoding, std::string_view bytes,
                     bool keep_expiry) {
  Record* record = find(name, number, Access::kWrite);
  std::string copy;
  storage::Database& keyspace = engine_.database(number);
  state_.next_key = state_.next_key > 0 ? state_.next_key - 1 : 0;
  Key key = key_of(name);
  std::uint32_t size = static_cast<std::uint32_t>(bytes.size());
  if (record == nullptr) {
    record = keyspace.insert(key, state_.fetched_records, type, encoding, size);
  } else {
    key_gone(*record, number);
    if (lies_within(bytes, record)) bytes = copy = bytes;
    record = keyspace.overwrite(record, type, encoding, size, keep_expiry);
  }
  if (size > 0) std::memcpy(record->value(), bytes.data(), size);
  if (encoding == Encoding::kTimedListpack) keyspace.note_parts_expiry(record);
  key_ready(name, number, type);
  state_.changed_hashes.push_back(key.hash);
  return record;
}

Record* Context::put(std::string_view name, unsigned number, ValueType type, storage::ObjectPointer object,
                     bool keep_expiry) {
  Record* record = put(name, number, type, Encoding::kRaw, {}, keep_expiry);
  return engine_.database(number).overwrite(record, type, std::move(object), keep_expiry);
}

storage::ObjectPointer Context::take_object(Record* record) {
  mark_changed(record->key());
  return database().take_object(record);
}

void Context::change(Record* record) {
  mark_changed(record->key());
  database().change(record);
}

Record* Context::resize(Record* record, std::uint32_t value_size) {
  mark_changed(record->key());
  return database().resize(record, value_size);
}

Record* Context::set_expiry(Record* record, std::int64_t expiry_ms) {
  return set_expiry(record, expiry_ms, client.database);
}

Record* Context::set_expiry(Record* record, std::int64_t expiry_ms, unsigned number) {
  mark_changed(record->key());
  return engine_.database(number).set_expiry(record, expiry_ms);
}

void Context::remove(Record* record) {
  remove(record, client.database);
}

void Context::remove(Record* record, unsigned number) {
  mark_changed(record->key());
  key_gone(*record, number);
  engine_.database(number).erase(record);
}

// The record's own name is not the argument's bytes, so the hash is looked for by content.
void Context::mark_changed(std::string_view name) {
  for (std::size_t i = state_.next_key > 0 ? state_.next_key - 1 : 0;
       i < state_.keys.size() && i < state_.next_key + kKeysSearched; ++i) {
    if (state_.keys[i].name == name) {
      state_.changed_hashes.push_back(state_.keys[i].hash);
      return;
    }
  }
  state_.changed_hashes.push_back(Key(name).hash);
}

unsigned Context::database_number() const {
  return client.database;
}
storage::Database& Context::database() {
  return engine_.database(client.database);
}
storage::Database& Context::database(unsigned number) {
  return engine_.database(number);
}

bool Context::need(std::string_view key) {
  return need(key, client.database);
}

bool Context::need(std::string_view name, unsigned number) {
  state_.unlisted_keys = true;
  return engine_.database(number).resident(key_of(name), state_.fetched_records, state_.missing);
}

void Context::need_heads(std::span<const storage::Location> locations) {
  state_.missing_heads.assign(locations.begin(), locations.end());
}

storage::FetchedRecords& Context::heads() {
  return state_.heads;
}

storage::FetchedRecords& Context::fetched_records() {
  return state_.fetched_records;
}

// An object that changes again and again while it is copied is copied at one go in the end.
bool Context::copied(std::string_view key, storage::ObjectPointer& copy) {
  constexpr unsigned kMostCopies = 2;
  const std::unique_ptr<storage::ObjectCopy> made = std::exchange(state_.copy, nullptr);
  const Record* record = peek(key);
  const storage::Object* object = record == nullptr ? nullptr : record->object();
  if (object == nullptr || replaying || object->image_size_bound() <= storage::kSlicedImageSize) return true;
  if (made) copy = made->take(object);
  if (copy || state_.copies_begun == kMostCopies) return true;
  ++state_.copies_begun;
  // Of a hot record: what lets go of its object tells the copy.
  state_.copy = std::make_unique<storage::ObjectCopy>(*write(key), types::object_decoder());
  return false;
}

io::Task<Result<void>> Context::fetch_needed() {
  Result<void> fetched = co_await engine_.fetch(state_.missing, state_.fetched_records);
  state_.missing.clear();
  co_return fetched;
}

void Context::reveal_keyspace() {
  state_.unlisted_keys |= engine_.log_advances();
}

std::uint64_t Context::random() const {
  return state_.random;
}

void Context::block(const KeyWait& wait) {
  if (!client.may_block) return reply.null_array();
  state_.blocks = true;
  state_.wait = wait;
}

std::span<const std::string_view> Context::candidates(std::span<const std::string_view> keys) const {
  if (!state_.served) return keys;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == state_.served_key) return keys.subspan(i, 1);
  }
  return {};
}

// Nobody waits for what the log tells again.
void Context::key_ready(std::string_view key, unsigned number, ValueType type) {
  BlockedClients& blocked = services.dispatcher.blocked();
  if (blocked.awaits(type) && !replaying) blocked.key_ready(number, key);
}

void Context::key_gone(const Record& record, unsigned number) {
  BlockedClients& blocked = services.dispatcher.blocked();
  if (blocked.awaits_removal() && blocked.awaits(record.type()) && !replaying) blocked.key_ready(number, record.key());
}

void Context::propagate(std::span<const std::string_view> effect) {
  state_.effects_replaced = true;
  state_.effects.add(client.database, effect);
}

void Context::propagate(std::initializer_list<std::string_view> effect) {
  propagate(std::span(effect.begin(), effect.size()));
}

void Context::propagate_nothing() {
  state_.effects_replaced = true;
}

}  // namespace terrace
