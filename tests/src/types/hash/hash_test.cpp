// Hashes in a real store: packed and large, spilled and read back, with their memory counted at every step.
#include "src/types/hash/hash.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "storage/record/object_copy.h"
#include "tests/src/types/store_fixture.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::ValueType;
using Fields = std::map<std::string, std::string>;

class HashTest : public StoreFixture {
 protected:
  Record* find_or_make(const std::string& name) {
    return StoreFixture::find_or_make(name, ValueType::kHash, Encoding::kListpack, Listpack::empty());
  }

  CollectionLimits limits_{.hash_max_listpack_entries = 12, .hash_max_listpack_value = 30};
};

TEST_F(HashTest, RandomChangesSpillsAndExpiriesFollowAModel) {
  std::mt19937 random(5);
  std::map<std::string, Fields> model;
  std::vector<std::string> names;
  names.reserve(6);
  for (int i = 0; i < 6; ++i) names.push_back("hash:" + std::to_string(i));
  for (int step = 0; step < 6000; ++step) {
    const std::string& name = names[random() % names.size()];
    const std::string field = "f" + std::to_string(random() % (step % 2000 < 1000 ? 10 : 60));
    if (random() % 400 == 0) spill_all();
    if (random() % 200 == 0) {
      if (Record* record = find(name)) database().erase(record);
      model.erase(name);
    } else if (random() % 3 > 0) {
      const std::string value(random() % 40, 'v');
      Hash hash(database(), find_or_make(name), limits_);
      EXPECT_EQ(hash.set(field, value), model[name].insert_or_assign(field, value).second);
      if (random() % 10 == 0) database().set_expiry(hash.record(), random() % 2 ? storage::kNoExpiry : 1ll << 50);
    } else if (find(name) != nullptr) {
      Hash hash(database(), find_or_make(name), limits_);
      EXPECT_EQ(hash.erase(field), model[name].erase(field) == 1);
      if (hash.empty()) {
        database().erase(hash.record());
        model.erase(name);
      }
    }
    if (step % 50 == 0) expect_counted(names);
  }
  for (const std::string& name : names) {
    const Record* record = find(name);
    ASSERT_EQ(record != nullptr, model.contains(name));
    if (record == nullptr) continue;
    Fields fields;
    HashView(*record, kBeforeAnyTime).for_each([&](std::string_view field, std::string_view value) {
      fields.emplace(field, value);
    });
    EXPECT_EQ(fields, model[name]);
  }
}

// A field in a model, with the time of its end.
struct TimedValue {
  std::string value;
  std::int64_t time_ms = storage::kNoExpiry;
  bool expired(std::int64_t now_ms) const { return time_ms != storage::kNoExpiry && time_ms < now_ms; }
};
using TimedFields = std::map<std::string, TimedValue>;

std::int64_t soonest_of(const TimedFields& fields) {
  std::int64_t soonest_ms = storage::kNoExpiry;
  for (const auto& [field, value] : fields) soonest_ms = storage::sooner(soonest_ms, value.time_ms);
  return soonest_ms;
}

void expect_shown(const storage::Record& record, const TimedFields& model, std::int64_t now_ms) {
  Fields expected;
  for (const auto& [field, value] : model) {
    if (!value.expired(now_ms)) expected.emplace(field, value.value);
  }
  const HashView view(record, now_ms);
  Fields shown;
  view.for_each([&](std::string_view field, std::string_view value) { shown.emplace(field, value); });
  EXPECT_EQ(shown, expected);
  EXPECT_EQ(view.size(), expected.size());
  EXPECT_EQ(view.all_size(), model.size());
  EXPECT_EQ(record.parts_expiry_ms(), soonest_of(model));
  std::size_t scanned = 0;
  std::uint64_t cursor = 0;
  do {
    cursor = view.scan(
        cursor, [&](std::string_view field, std::string_view) { scanned += expected.contains(std::string(field)); });
  } while (cursor != 0);
  EXPECT_EQ(scanned, expected.size());
  for (const auto& [field, value] : model) {
    EXPECT_EQ(view.contains(field), !value.expired(now_ms));
    EXPECT_EQ(view.time_of(field), value.expired(now_ms) ? std::nullopt : std::optional(value.time_ms));
  }
  const std::vector<std::string> expired = view.expired_fields(3);
  EXPECT_EQ(expired.size(), std::min<std::size_t>(3, model.size() - expected.size()));
  for (const std::string& field : expired) EXPECT_TRUE(model.at(field).expired(now_ms));
  Random random(now_ms);
  for (int draw = 0; draw < 5 && !expected.empty(); ++draw) {
    view.visit_random(
        random, [&](std::string_view field, std::string_view) { EXPECT_TRUE(expected.contains(std::string(field))); });
  }
}

TEST_F(HashTest, FieldsThatExpireFollowAModel) {
  std::mt19937 random(11);
  std::map<std::string, TimedFields> model;
  const std::vector<std::string> names{"hash:a", "hash:b", "hash:c", "hash:d"};
  std::set<Encoding> seen;
  for (int step = 0; step < 8000; ++step) {
    const std::string& name = names[random() % names.size()];
    TimedFields& fields = model[name];
    const std::string field = "f" + std::to_string(random() % (step % 2000 < 1000 ? 10 : 60));
    if (random() % 300 == 0) spill_all();
    if (random() % 300 == 0) {
      if (Record* record = find(name)) database().erase(record);
      fields.clear();
    } else if (const unsigned choice = random() % 8; choice < 3) {
      const std::string value(random() % 40, 'v');
      const auto time = random() % 2 ? Hash::Time::kStays : Hash::Time::kGoes;
      Hash hash(database(), find_or_make(name), limits_);
      EXPECT_EQ(hash.set(field, value, time), !fields.contains(field));
      fields[field].value = value;
      if (time == Hash::Time::kGoes) fields[field].time_ms = storage::kNoExpiry;
    } else if (Record* record = find(name)) {
      database().change(record);
      Hash hash(database(), record, limits_);
      if (choice < 6) {
        const std::int64_t time_ms =
            random() % 3 == 0 ? storage::kNoExpiry : 1 + static_cast<std::int64_t>(random() % 1000);
        if (fields.contains(field)) {
          hash.set_time(field, time_ms);
          fields[field].time_ms = time_ms;
        }
      } else {
        EXPECT_EQ(hash.erase(field), fields.erase(field) == 1);
      }
      if (hash.empty()) database().erase(hash.record());
    }
    if (step % 20 != 0) continue;
    expect_counted(names);
    std::uint64_t timed = 0;
    for (const std::string& each : names) {
      const Record* record = find(each);
      ASSERT_EQ(record != nullptr, !model[each].empty());
      timed += soonest_of(model[each]) != storage::kNoExpiry;
      if (record == nullptr) continue;
      seen.insert(record->encoding());
      expect_shown(*record, model[each], static_cast<std::int64_t>(random() % 1100));
    }
    EXPECT_EQ(database().keys_with_expiring_parts(), timed);
  }
  EXPECT_EQ(seen, (std::set<Encoding>{Encoding::kListpack, Encoding::kTimedListpack, Encoding::kObject}));
}

TEST_F(HashTest, ASpilledOneIsNamedWhenAFieldOfItHasExpired) {
  constexpr std::int64_t kNow = 1'800'000'000'000;
  for (const std::string name : {"small", "large"}) {
    Hash hash(database(), find_or_make(name), limits_);
    for (int i = 0; i < (name == "large" ? 5000 : 5); ++i) hash.set("f" + std::to_string(i), "value");
    hash.set_time("f3", kNow + 50'000);
    hash.set_time("f4", kNow + 20'000);
  }
  Hash(database(), find_or_make("other"), limits_).set("f", "value");
  spill_all();
  const auto named = [this](std::int64_t now_ms) {
    storage::ExpiredKeys expired(engine_->ledger());
    reactor_->block_on(engine_->find_expired_cold(now_ms, expired));
    EXPECT_TRUE(expired.whole.empty());
    std::set<std::string> names;
    for (const auto& [number, name] : expired.parts) names.insert(name);
    return names;
  };
  EXPECT_EQ(database().keys_with_expiring_parts(), 2u);
  EXPECT_FALSE(database().hot_keys_expire());
  EXPECT_EQ(named(kNow + 19'000), std::set<std::string>());
  EXPECT_EQ(named(kNow + 20'400), (std::set<std::string>{"large", "small"}));
  for (const std::string name : {"small", "large"}) {
    Hash hash(database(), find_or_make(name), limits_);
    EXPECT_TRUE(database().parts_expired(Key(name), kNow + 20'400));
    EXPECT_TRUE(hash.erase("f4"));
    EXPECT_FALSE(database().parts_expired(Key(name), kNow + 20'400));
    EXPECT_TRUE(hash.erase("f3"));
  }
  EXPECT_EQ(database().keys_with_expiring_parts(), 0u);
  spill_all();
  EXPECT_EQ(named(kNow + 1'000'000), std::set<std::string>());
}

TEST_F(HashTest, WithoutTimesNothingIsPaidForThem) {
  Hash hash(database(), find_or_make("hash"), limits_);
  hash.set("f", "value");
  const std::uint64_t before = engine_->statistics().record_memory_bytes;
  std::string image;
  storage::encode_image(image, *hash.record(), 0, 0);
  for (int i = 0; i < 100; ++i) hash.set("f" + std::to_string(i), "value");
  const std::size_t large = Record::footprint(hash.record());
  hash.set_time("f7", 5);
  EXPECT_GT(Record::footprint(hash.record()), large);
  hash.set_time("f7", storage::kNoExpiry);
  EXPECT_EQ(Record::footprint(hash.record()), large);
  database().erase(hash.record());
  Hash again(database(), find_or_make("hash"), limits_);
  again.set("f", "value");
  EXPECT_EQ(engine_->statistics().record_memory_bytes, before);
  std::string same;
  storage::encode_image(same, *again.record(), 0, 0);
  EXPECT_EQ(same, image);
}

TEST_F(HashTest, ALargeOneIsFreedBehind) {
  Hash hash(database(), find_or_make("large"), limits_);
  for (int i = 0; i < 100000; ++i) hash.set("field:" + std::to_string(i), "value:" + std::to_string(i));
  const std::uint64_t before = engine_->statistics().record_memory_bytes;
  EXPECT_GT(before, 2'000'000u);
  database().erase(hash.record());
  // Not yet, and still counted.
  EXPECT_GT(engine_->statistics().record_memory_bytes, before - 1000);
  EXPECT_EQ(engine_->statistics().dirty_memory_bytes, 0u);
  reactor_->block_on([](storage::Engine& engine, io::Clock& clock) -> io::Task<void> {
    while (engine.statistics().record_memory_bytes > 0) co_await clock.yield();
  }(*engine_, *reactor_));
  EXPECT_EQ(engine_->statistics().record_memory_bytes, 0u);
}

TEST_F(HashTest, ACopyIsOfWhatItWasCopiedFromAsItIsWhenTaken) {
  constexpr int kFields = 50000;
  enum class Meanwhile { kNothing, kChange, kChangeAtTheEnd, kErase };
  for (const Meanwhile meanwhile :
       {Meanwhile::kNothing, Meanwhile::kChange, Meanwhile::kChangeAtTheEnd, Meanwhile::kErase}) {
    Hash hash(database(), find_or_make("large"), limits_);
    for (int i = 0; i < kFields; ++i) hash.set("field:" + std::to_string(i), "value:" + std::to_string(i));
    const storage::Object* object = hash.record()->object();
    storage::ObjectCopy copy(*hash.record(), object_decoder(), ledger_);
    int turns = 0;
    reactor_->block_on([](storage::ObjectCopy& made, io::Clock& clock, const auto& each_turn) -> io::Task<void> {
      bool done = false;
      io::spawn([](storage::ObjectCopy& to_make, io::Clock& of, bool& ended) -> io::Task<void> {
        co_await to_make.make(of);
        ended = true;
      }(made, clock, done));
      while (!done) {  // NOLINT(bugprone-infinite-loop): the coroutine ends it
        each_turn();
        co_await clock.yield();
      }
    }(copy, *reactor_, [&] {
                         if (++turns != 2) return;
                         if (meanwhile == Meanwhile::kChange)
                           Hash(database(), find_or_make("large"), limits_).set("field:7", "other");
                         if (meanwhile == Meanwhile::kErase) database().erase(find("large"));
                       }));
    if (meanwhile == Meanwhile::kChangeAtTheEnd)
      Hash(database(), find_or_make("large"), limits_).set("field:7", "other");
    EXPECT_GE(turns, 2);
    reactor_->block_on(copy.make(*reactor_));  // as by a command that had to read another key first
    const storage::ObjectPointer taken = copy.take(object);
    EXPECT_EQ(taken != nullptr, meanwhile == Meanwhile::kNothing);
    if (!taken) continue;
    const auto& table = static_cast<const PackedTable&>(*taken);
    EXPECT_EQ(table.size(), std::size_t{kFields});
    database().change(find_or_make("large"));
    EXPECT_EQ(copy.take(object), nullptr);
  }
}

TEST_F(HashTest, AChangeShouldWaitWhileACheckpointCopiesALargeOne) {
  Hash hash(database(), find_or_make("large"), limits_);
  for (int i = 0; i < 100000; ++i) hash.set("field:" + std::to_string(i), "value:" + std::to_string(i));
  database().change(find_or_make("small"));
  const bool did = reactor_->block_on([](storage::Engine& engine, io::Clock& clock) -> io::Task<bool> {
    bool waited = false;
    io::spawn([](storage::Engine& store) -> io::Task<void> {
      const Result<void> done = co_await store.checkpoint();
      EXPECT_TRUE(done.ok());
    }(engine));
    while (engine.checkpoint_running()) {
      EXPECT_TRUE(engine.changeable(0, Key("small")));
      EXPECT_TRUE(engine.changeable(0, Key("absent")));
      if (engine.changeable(0, Key("large"))) {
        co_await clock.yield();
      } else {
        waited = true;
        co_await engine.object_serialized().wait();
        EXPECT_TRUE(engine.changeable(0, Key("large")));
      }
    }
    co_return waited;
  }(*engine_, *reactor_));
  EXPECT_TRUE(did);
  EXPECT_EQ(engine_->statistics().dirty_memory_bytes, 0u);
}

// A checkpoint's image of it is dead as soon as it changes; that alone must not make the next checkpoint due.
TEST_F(HashTest, ALargeOneThatKeepsChangingIsNotWrittenAgainAndAgain) {
  std::mt19937_64 random(3);
  std::string value(1024, '\0');
  for (int i = 0; i < 100000; ++i) {
    for (std::size_t at = 0; at < value.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t noise = random();
      std::memcpy(value.data() + at, &noise, sizeof noise);
    }
    Hash(database(), find_or_make("large"), limits_).set("field:" + std::to_string(i), value);
  }
  ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  EXPECT_GT(engine_->statistics().segment_bytes, 100'000'000u);
  reactor_->block_on([](io::Clock& clock, const auto& change) -> io::Task<void> {
    for (int i = 0; i < 100; ++i) {
      change(i);
      co_await clock.sleep_ms(10);
    }
  }(*reactor_, [&](int i) { Hash(database(), find_or_make("large"), limits_).set("field:7", std::to_string(i)); }));
  EXPECT_EQ(engine_->statistics().checkpoints, 1u);
}

}  // namespace
}  // namespace terrace::types
