// Hashes in a real store: packed and large, spilled and read back, and the memory they take counted all the while.
#include "src/types/hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <random>

#include "io/reactor.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "src/types/object_decoder.h"
#include "storage/engine.h"

namespace terrace::types {
namespace {

using storage::Access;
using storage::Database;
using storage::Encoding;
using storage::Key;
using storage::Record;
using storage::ValueType;
using Fields = std::map<std::string, std::string>;

class NothingToReplay final : public storage::LogApplier {
 public:
  io::Task<Result<std::uint64_t>> apply(std::span<const std::byte> bytes) override { co_return bytes.size(); }
};

class HashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::current_path() / ("hash_test." + std::to_string(::getpid()));
    std::filesystem::remove_all(root_);
    reactor_ = std::move(io::Reactor::create()).value();
    workers_ = std::make_unique<io::WorkerPool>(*reactor_, 1);
    disk_ = std::move(io::UringDisk::open(*reactor_, root_.string())).value();
    environment_ = std::make_unique<io::Environment>(io::Environment{*disk_, *reactor_, *workers_, 42});
    storage::Options options;
    options.object_decoder = &object_decoder();
    engine_ = std::make_unique<storage::Engine>(*environment_, options);
    NothingToReplay replay;
    ASSERT_TRUE(reactor_->block_on(engine_->open(replay)).ok());
  }
  void TearDown() override {
    ASSERT_TRUE(reactor_->block_on(engine_->close(false)).ok());
    engine_.reset();
    disk_.reset();
    workers_.reset();
    reactor_.reset();
    std::filesystem::remove_all(root_);
  }

  Record* find(const std::string& name) {
    const Key key(name);
    std::vector<storage::Location> missing;
    while (!database().resident(key, residents_, missing)) {
      EXPECT_TRUE(reactor_->block_on(engine_->fetch(missing, residents_)).ok());
      missing.clear();
    }
    return database().find(key, residents_, Access::kWrite);
  }
  Record* find_or_make(const std::string& name) {
    if (Record* record = find(name)) {
      database().change(record);
      return record;
    }
    const std::string_view empty = Listpack::empty();
    Record* record = database().insert(Key(name), residents_, ValueType::kHash, Encoding::kListpack,
                                       static_cast<std::uint32_t>(empty.size()));
    std::copy(empty.begin(), empty.end(), record->value());
    return record;
  }
  // What the statistics say must be what the records really take.
  void expect_counted(const std::vector<std::string>& names) {
    std::uint64_t all = 0, dirty = 0;
    for (const std::string& name : names) {
      const Record* record = database().find(Key(name), residents_, Access::kPeek);
      if (record == nullptr || record->transient()) continue;
      all += Record::footprint(record);
      if (!record->clean()) dirty += Record::footprint(record);
    }
    EXPECT_EQ(engine_->statistics().record_memory_bytes, all);
    EXPECT_EQ(engine_->statistics().dirty_memory_bytes, dirty);
  }
  void spill_all() { ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok()); }
  Database& database() { return engine_->database(0); }

  std::filesystem::path root_;
  std::unique_ptr<io::Reactor> reactor_;
  std::unique_ptr<io::WorkerPool> workers_;
  std::unique_ptr<io::UringDisk> disk_;
  std::unique_ptr<io::Environment> environment_;
  std::unique_ptr<storage::Engine> engine_;
  storage::Residents residents_;
  CollectionLimits limits_{.hash_max_listpack_entries = 12, .hash_max_listpack_value = 30};
};

TEST_F(HashTest, RandomChangesSpillsAndExpiriesFollowAModel) {
  std::mt19937 random(5);
  std::map<std::string, Fields> model;
  std::vector<std::string> names;
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

}  // namespace
}  // namespace terrace::types
