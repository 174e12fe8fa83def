// Hashes in a real store: packed and large, spilled and read back, and the memory they take counted all the while.
#include "src/types/hash.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

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
    HashView(*record).for_each([&](std::string_view field, std::string_view value) { fields.emplace(field, value); });
    EXPECT_EQ(fields, model[name]);
  }
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

TEST_F(HashTest, AChangeShouldWaitWhileACheckpointCopiesALargeOne) {
  Hash hash(database(), find_or_make("large"), limits_);
  for (int i = 0; i < 100000; ++i) hash.set("field:" + std::to_string(i), "value:" + std::to_string(i));
  database().change(find_or_make("small"));
  const bool waited = reactor_->block_on([](storage::Engine& engine, io::Clock& clock) -> io::Task<bool> {
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
        co_await engine.object_imaged().wait();
        EXPECT_TRUE(engine.changeable(0, Key("large")));
      }
    }
    co_return waited;
  }(*engine_, *reactor_));
  EXPECT_TRUE(waited);
  EXPECT_EQ(engine_->statistics().dirty_memory_bytes, 0u);
}

}  // namespace
}  // namespace terrace::types
