// StoreFixture: a real store for tests of values in it: hot, spilled and read back, with their memory counted.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/reactor.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "src/types/object_decoder.h"
#include "storage/engine.h"

namespace terrace::types {

class NothingToReplay final : public storage::LogApplier {
 public:
  std::unique_ptr<storage::UnitScanner> make_scanner() override { return nullptr; }  // there is no log to be read
  io::Task<Result<void>> apply(std::span<const std::byte>) override { co_return Result<void>(); }
};

class StoreFixture : public ::testing::Test {
 protected:
  using Key = storage::Key;
  using Record = storage::Record;
  void SetUp() override {
    root_ = std::filesystem::current_path() / ("types_test." + std::to_string(::getpid()));
    std::filesystem::remove_all(root_);
    reactor_ = std::move(io::Reactor::create()).value();
    workers_ = std::make_unique<io::WorkerPool>(*reactor_, 1);
    disk_ = std::move(io::UringDisk::open(*reactor_, root_.string())).value();
    environment_ = std::make_unique<io::Environment>(io::Environment{*disk_, *reactor_, *workers_, 42});
    storage::Options options;
    options.object_decoder = &object_decoder();
    // Background compaction would hold records that expect_counted() does not find.
    options.compaction = false;
    options.checkpoint_log_bytes = storage::kGiB;
    engine_ = std::make_unique<storage::Engine>(*environment_, options, ledger_);
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
    return database().find(key, residents_, storage::Access::kWrite);
  }
  Record* find_or_make(const std::string& name, storage::ValueType type, storage::Encoding encoding,
                       std::string_view empty) {
    if (Record* record = find(name)) {
      database().change(record);
      return record;
    }
    Record* record = database().insert(Key(name), residents_, type, encoding, static_cast<std::uint32_t>(empty.size()));
    std::copy(empty.begin(), empty.end(), record->value());
    return record;
  }
  // The statistics must be what the records really take.
  void expect_counted(const std::vector<std::string>& names) {
    std::uint64_t all = 0, dirty = 0;
    for (const std::string& name : names) {
      const Record* record = database().find(Key(name), residents_, storage::Access::kPeek);
      if (record == nullptr || record->transient()) continue;
      all += Record::footprint(record);
      if (!record->clean()) dirty += Record::footprint(record);
    }
    // Deleted objects count until they are freed in the background.
    for (int turns = 0; turns < 1000 && engine_->statistics().record_memory_bytes != all; ++turns) {
      reactor_->block_on([](io::Reactor& reactor) -> io::Task<void> { co_await reactor.yield(); }(*reactor_));
    }
    EXPECT_EQ(engine_->statistics().record_memory_bytes, all);
    EXPECT_EQ(engine_->statistics().dirty_memory_bytes, dirty);
  }
  void spill_all() { ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok()); }
  storage::Database& database() { return engine_->database(0); }

  std::filesystem::path root_;
  std::unique_ptr<io::Reactor> reactor_;
  std::unique_ptr<io::WorkerPool> workers_;
  std::unique_ptr<io::UringDisk> disk_;
  std::unique_ptr<io::Environment> environment_;
  storage::Ledger ledger_;
  std::unique_ptr<storage::Engine> engine_;
  storage::FetchedRecords residents_;
};

}  // namespace terrace::types
