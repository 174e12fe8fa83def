#include "tests/simulation/store_access.h"

#include <cstring>

#include "tests/simulation/failure.h"
#include "tests/simulation/piece_object.h"

namespace terrace::simulation {

namespace {

using storage::Access;
using storage::Database;
using storage::FetchedRecords;
using storage::Key;
using storage::Location;
using storage::Record;

// More rounds than this for one command means that the store and its reader chase each other for ever.
constexpr unsigned kMostFetches = 10'000;

storage::ObjectPointer object_of(const Value& value) {
  return std::make_unique<PieceObject>(value.bytes, value.encoding, value.parts_expiry_ms);
}

PieceObject& pieces_of(const Record& record) {
  auto* object = dynamic_cast<PieceObject*>(record.object());
  if (!object) fail("the value of " + std::string(record.key()) + " is no object");
  return *object;
}

// In place, or `anew`.
void set_object(Database& database, Record* record, const Value& value, bool anew) {
  if (anew) {
    database.overwrite(record, storage::ValueType::kList, object_of(value), true);
  } else {
    database.change(record);
    pieces_of(*record).become(value.bytes, value.encoding, value.parts_expiry_ms);
    database.note_parts_expiry(record);
  }
}

void set_bytes(Database& database, Record* record, const Value& value) {
  if (record->value_size() == value.bytes.size()) {
    database.change(record);
  } else {
    record = database.resize(record, static_cast<std::uint32_t>(value.bytes.size()));
  }
  record->set_kind(storage::ValueType::kString, value.encoding);
  std::memcpy(record->value(), value.bytes.data(), value.bytes.size());
}

void insert(Database& database, const Key& key, const FetchedRecords& fetched_records, const Value& value) {
  if (is_object_key(key.name)) {
    Record* record = database.insert(key, fetched_records, storage::ValueType::kList, storage::Encoding::kRaw,
                                     sizeof(storage::Object*));
    record = database.overwrite(record, storage::ValueType::kList, object_of(value), false);
    if (value.expiry_ms != storage::kNoExpiry) database.set_expiry(record, value.expiry_ms);
    return;
  }
  Record* record = database.insert(key, fetched_records, storage::ValueType::kString, value.encoding,
                                   static_cast<std::uint32_t>(value.bytes.size()));
  std::memcpy(record->value(), value.bytes.data(), value.bytes.size());
  if (value.expiry_ms != storage::kNoExpiry) database.set_expiry(record, value.expiry_ms);
}

}  // namespace

bool is_object_key(std::string_view key) {
  return !key.empty() && key.back() % 2 == 0;
}

io::Task<Result<void>> make_resident(storage::Engine& engine, const std::vector<KeyName>& keys,
                                     FetchedRecords& fetched_records, bool overwrite) {
  std::vector<Location> missing;
  for (unsigned round = 0; round < kMostFetches; ++round) {
    missing.clear();
    bool resident = true;
    for (const KeyName& name : keys) {
      const Database& database = engine.database(name.database);
      const Key key(name.key);
      resident = (overwrite ? database.overwritable(key, fetched_records, missing)
                            : database.resident(key, fetched_records, missing)) &&
                 resident;
    }
    if (resident != missing.empty()) fail("resident() and its list of missing locations disagree");
    if (resident) co_return Result<void>();
    Result<void> fetched = co_await engine.fetch(missing, fetched_records);
    if (!fetched) co_return fetched;
  }
  fail("keys do not become resident: " + keys.front().key);
}

Value value_of(const Record& record) {
  if (is_object_key(record.key())) {
    const PieceObject& object = pieces_of(record);
    return Value{object.text(), object.encoding(), record.expiry_ms(), record.parts_expiry_ms()};
  }
  return Value{std::string(record.bytes()), record.encoding(), record.expiry_ms()};
}

std::optional<Value> read_key(storage::Engine& engine, const KeyName& name, FetchedRecords& fetched_records,
                              Access access) {
  const Record* record = engine.database(name.database).find(Key(name.key), fetched_records, access);
  if (!record) return std::nullopt;
  if (record->key() != name.key) fail("find() gave another key's record: asked for " + name.key);
  if ((record->type() == storage::ValueType::kString) == is_object_key(name.key))
    fail("the type of " + name.key + " changed");
  return value_of(*record);
}

void change_store(storage::Engine& engine, const Effect& effect, FetchedRecords& fetched_records, unsigned variant) {
  if (effect.kind == Effect::Kind::kFlush) return engine.flush_database(effect.database);
  if (effect.kind == Effect::Kind::kSwap) {
    return engine.swap_databases(effect.database, static_cast<unsigned>(effect.amount));
  }
  Database& database = engine.database(effect.database);
  const Key key(effect.key);
  Record* record = database.find(key, fetched_records, Access::kWrite);
  if (effect.kind == Effect::Kind::kDelete) {
    if (record) database.erase(record);
    return;
  }
  if (effect.kind == Effect::Kind::kExpire) {
    if (record) database.set_expiry(record, effect.amount);
    return;
  }
  std::optional<Value> old;
  if (record) old = value_of(*record);
  const std::optional<Value> value = apply(effect, old ? &*old : nullptr);
  if (!value) return;
  if (!record) return insert(database, key, fetched_records, *value);
  if (effect.kind == Effect::Kind::kSet && variant % 2 == 0) {
    database.erase(record);
    return insert(database, key, fetched_records, *value);
  }
  if (record->expiry_ms() != value->expiry_ms) record = database.set_expiry(record, value->expiry_ms);
  if (is_object_key(effect.key)) {
    set_object(database, record, *value, effect.kind == Effect::Kind::kSet);
  } else {
    set_bytes(database, record, *value);
  }
}

io::Task<Result<Model>> read_everything(storage::Engine& engine, unsigned databases) {
  Model model(databases);
  for (std::uint32_t number = 0; number < databases; ++number) {
    std::uint64_t parts_expire = 0;
    FetchedRecords fetched_records;
    std::vector<Location> missing;
    std::uint64_t cursor = 0;
    do {
      missing.clear();
      cursor = engine.database(number).scan(cursor, fetched_records, missing, [&](const Record& record) {
        std::string key(record.key());
        if (model.find(number, key)) fail("a scan at rest shows a key twice: " + key);
        model.put(number, key, value_of(record));
        if (record.expires().parts) ++parts_expire;
      });
      if (!missing.empty()) {
        Result<void> fetched = co_await engine.fetch(missing, fetched_records);
        if (!fetched) co_return fetched.error();
        continue;
      }
      fetched_records.clear();
    } while (cursor != 0 || !missing.empty());
    const Database& database = engine.database(number);
    const std::uint64_t shown = model.keys(number).size();
    if (shown < database.size() || shown > database.size() + database.overwritten_count()) {
      fail("size() says " + std::to_string(database.size()) + " keys and " +
           std::to_string(database.overwritten_count()) + " overwritten, a scan shows " + std::to_string(shown));
    }
    const std::uint64_t counted = database.keys_with_expiring_parts();
    if (parts_expire < counted || parts_expire > counted + database.overwritten_count()) {
      fail("of " + std::to_string(counted) + " keys parts should expire, of " + std::to_string(parts_expire) +
           " they do");
    }
  }
  co_return model;
}

}  // namespace terrace::simulation
