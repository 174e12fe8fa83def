// The engine on a real ring and a real directory: what is put is found again, hot, cold and after a restart.

#include "storage/engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "io/reactor.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "storage/base/varint.h"

namespace terrace::storage {
namespace {

// Entries of this test's log: varint size of key, key, varint size of value, value; no value bytes: "delete".
class Replay final : public LogApplier {
 public:
  explicit Replay(Engine** engine) : engine_(engine) {}

  std::unique_ptr<UnitScanner> make_scanner() override { return std::make_unique<Scanner>(); }
  io::Task<Result<void>> apply(std::span<const std::byte> bytes) override {
    pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t applied = 0;
    while (true) {
      ByteReader reader(std::string_view(pending_).substr(applied));
      const std::string_view key = reader.take(reader.varint());
      const std::string_view value = reader.take(reader.varint());
      if (!reader.ok()) break;
      Result<void> put = co_await put_now(**engine_, key, value);
      if (!put.ok()) co_return put;
      applied = pending_.size() - reader.remaining();
    }
    pending_.erase(0, applied);
    co_return Result<void>();
  }

  static io::Task<Result<void>> put_now(Engine& engine, std::string_view name, std::string_view value) {
    Database& database = engine.database(0);
    const Key key(name);
    FetchedRecords fetched_records;
    std::vector<Location> missing;
    while (!database.resident(key, fetched_records, missing)) {
      Result<void> fetched = co_await engine.fetch(missing, fetched_records);
      if (!fetched.ok()) co_return fetched;
      missing.clear();
    }
    Record* record = database.find(key, fetched_records, Access::kWrite);
    if (value.empty()) {
      if (record) database.erase(record);
      co_return Result<void>();
    }
    const auto size = static_cast<std::uint32_t>(value.size());
    record = record ? database.overwrite(record, ValueType::kString, Encoding::kRaw, size, false)
                    : database.insert(key, fetched_records, ValueType::kString, Encoding::kRaw, size);
    std::memcpy(record->value(), value.data(), size);
    co_return Result<void>();
  }

 private:
  // Keeps the entry that is unfinished: those of this test are small.
  class Scanner final : public UnitScanner {
   public:
    Result<std::uint64_t> scan(std::span<const std::byte> bytes) override {
      pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      std::size_t whole = 0;
      while (true) {
        ByteReader reader(std::string_view(pending_).substr(whole));
        reader.take(reader.varint());
        reader.take(reader.varint());
        if (!reader.ok()) break;
        whole = pending_.size() - reader.remaining();
      }
      pending_.erase(0, whole);
      return std::uint64_t{whole > 0 ? bytes.size() - pending_.size() : 0};
    }

   private:
    std::string pending_;
  };

  Engine** engine_;
  std::string pending_;
};

// Bytes that do not shrink.
std::string noise(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::current_path() / ("engine_test." + std::to_string(::getpid()));
    std::filesystem::remove_all(root_);
    reactor_ = std::move(io::Reactor::create()).value();
    workers_ = std::make_unique<io::WorkerPool>(*reactor_, 1);
    open();
  }
  void TearDown() override {
    if (engine_) close(false);
    workers_.reset();
    reactor_.reset();
    std::filesystem::remove_all(root_);
  }

  void open() {
    Result<std::unique_ptr<io::UringDisk>> disk = io::UringDisk::open(*reactor_, root_.string());
    ASSERT_TRUE(disk.ok()) << disk.error().message;
    disk_ = std::move(*disk);
    environment_ = std::make_unique<io::Environment>(io::Environment{*disk_, *reactor_, *workers_, 42});
    Options options;
    options.checkpoint_log_bytes = kGiB;  // only the tests start checkpoints, however slow the machine is
    options.log = [](LogLevel, const std::string& text) { std::printf("engine: %s\n", text.c_str()); };
    engine_ = std::make_unique<Engine>(*environment_, options, ledger_);
    current_ = engine_.get();
    Replay replay(&current_);
    Result<void> opened = reactor_->block_on(engine_->open(replay));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
  }
  void close(bool checkpoint) {
    Result<void> closed = reactor_->block_on(engine_->close(checkpoint));
    EXPECT_TRUE(closed.ok()) << closed.error().message;
    engine_.reset();
    disk_.reset();
  }

  void put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(reactor_->block_on(Replay::put_now(*engine_, key, value)).ok());
    std::string entry;
    put_varint(entry, key.size());
    entry += key;
    put_varint(entry, value.size());
    entry += value;
    const std::string_view parts[] = {entry};
    const std::uint64_t position = engine_->append(parts);
    engine_->commit();
    if (value.empty()) {
      model_.erase(key);
    } else {
      model_[key] = value;
    }
    last_position_ = position;
  }
  void wait_durable() {
    reactor_->block_on([](Engine& engine, std::uint64_t position) -> io::Task<void> {
      while (engine.durable_position() < position) co_await engine.position_changed().wait();
    }(*engine_, last_position_));
  }

  void rest(std::int64_t ms) {
    reactor_->block_on([](io::Reactor& reactor, std::int64_t wait_ms) -> io::Task<void> {
      co_await reactor.sleep_ms(wait_ms);
    }(*reactor_, ms));
  }

  // Spills values that are made of the same phrases.
  void put_alike(std::uint64_t from, std::uint64_t to) {
    const std::uint64_t phrases = kDictionarySize / 40;
    for (std::uint64_t i = from; i < to; ++i) {
      std::string value;
      for (std::uint64_t word = 0; word < 12; ++word) {
        value += std::to_string(Key("phrase " + std::to_string(i * (word + 7) * 31 % phrases)).hash);
      }
      put("alike:" + std::to_string(i), value);
    }
    ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  }
  // Whether there is a dictionary to pack with, or will be within this time.
  bool learns_dictionary(int most_ms) {
    for (int waited_ms = 0; waited_ms < most_ms && engine_->statistics().dictionary == 0; waited_ms += 5) {
      rest(5);
    }
    return engine_->statistics().dictionary != 0;
  }

  void overwrite_unread(const std::string& name, const std::string& value) {
    const Key key(name);
    const FetchedRecords none;
    std::vector<Location> missing;
    Database& database = engine_->database(0);
    ASSERT_TRUE(database.overwritable(key, none, missing));
    Record* record =
        database.insert(key, none, ValueType::kString, Encoding::kRaw, static_cast<std::uint32_t>(value.size()));
    std::memcpy(record->value(), value.data(), value.size());
  }

  std::string get(const std::string& name) {
    const Key key(name);
    FetchedRecords fetched_records(ledger_);
    std::vector<Location> missing;
    Database& database = engine_->database(0);
    while (!database.resident(key, fetched_records, missing)) {
      Result<void> fetched = reactor_->block_on(engine_->fetch(missing, fetched_records));
      if (!fetched.ok()) return "error: " + fetched.error().message;
      missing.clear();
    }
    const Record* record = database.find(key, fetched_records, Access::kRead);
    return record ? std::string(record->bytes()) : "";
  }
  void expect_all() {
    EXPECT_EQ(engine_->database(0).size(), model_.size());
    for (const auto& [key, value] : model_) ASSERT_EQ(get(key), value) << key;
    EXPECT_EQ(get("never written"), "");
  }
  static void flip_byte(const std::filesystem::path& path, std::streamoff offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    char byte = 0;
    file.seekg(offset).get(byte);
    file.seekp(offset).put(static_cast<char>(byte ^ 1));
    ASSERT_TRUE(file.good());
  }
  void fill(int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string key = "key:" + std::to_string(i);
      put(key, i % 50 == 0 ? std::string(20000 + i, static_cast<char>('a' + i % 26))
                           : "value of " + key + std::string(i % 90, '.'));
    }
  }

  std::filesystem::path root_;
  std::unique_ptr<io::Reactor> reactor_;
  std::unique_ptr<io::WorkerPool> workers_;
  std::unique_ptr<io::UringDisk> disk_;
  std::unique_ptr<io::Environment> environment_;
  Ledger ledger_;
  std::unique_ptr<Engine> engine_;
  Engine* current_ = nullptr;
  std::map<std::string, std::string> model_;
  std::uint64_t last_position_ = 0;
};

// "collide:2250793" and "collide:3192157" agree in all that an index entry knows of their hashes.
TEST_F(EngineTest, ABlindWriteOverAnotherKeysColdEntryLosesNothing) {
  put("collide:2250793", "theirs");
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  overwrite_unread("collide:3192157", "ours");
  Database& database = engine_->database(0);
  EXPECT_EQ(database.overwritten_count(), 1u);
  EXPECT_EQ(get("collide:3192157"), "ours");
  reactor_->block_on(engine_->resolve_overwrites(0));
  EXPECT_EQ(database.size(), 2u);
  EXPECT_EQ(database.overwritten_count(), 0u);
  EXPECT_EQ(get("collide:2250793"), "theirs");
  EXPECT_EQ(get("collide:3192157"), "ours");
}

TEST_F(EngineTest, ABlindWriteReadsNothingAndWhatItReplacedStaysDead) {
  put("key", "old");
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  const std::uint64_t reads = engine_->statistics().page_reads;
  overwrite_unread("key", "new");
  EXPECT_EQ(engine_->statistics().page_reads, reads);
  EXPECT_EQ(engine_->database(0).size(), 1u);
  EXPECT_EQ(get("key"), "new");
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  EXPECT_EQ(get("key"), "new");
  put("key", "");
  EXPECT_EQ(get("key"), "");
  EXPECT_EQ(engine_->database(0).size(), 0u);
  reactor_->block_on(engine_->resolve_overwrites(0));
  EXPECT_EQ(get("key"), "");
  EXPECT_EQ(engine_->database(0).overwritten_count(), 0u);
  EXPECT_EQ(engine_->statistics().index_entries, 0u);
}

TEST_F(EngineTest, ColdRecordsReadBack) {
  fill(0, 2000);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  EXPECT_EQ(engine_->statistics().hot_keys, 0u);
  EXPECT_EQ(engine_->statistics().cold_keys, 2000u);
  const std::uint64_t reads = engine_->statistics().page_reads;
  EXPECT_EQ(get("key:1"), model_["key:1"]);
  EXPECT_EQ(engine_->statistics().page_reads, reads + 1);
  expect_all();
}

TEST_F(EngineTest, WhileMemoryIsFullAReadMakesNothingHot) {
  fill(1, 50);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  put("hot", std::string(Ledger::kLeastRecordBytes, 'x'));
  const std::uint64_t hot = engine_->statistics().hot_keys;
  for (int touch = 0; touch < 2; ++touch) EXPECT_EQ(get("key:1"), model_["key:1"]);
  EXPECT_EQ(engine_->statistics().hot_keys, hot + 1);
  ledger_.set_limit(1);
  for (int touch = 0; touch < 3; ++touch) EXPECT_EQ(get("key:2"), model_["key:2"]);
  EXPECT_EQ(engine_->statistics().hot_keys, hot + 1);
  ledger_.set_limit(0);
  EXPECT_EQ(get("key:2"), model_["key:2"]);
  EXPECT_EQ(engine_->statistics().hot_keys, hot + 2);
}

TEST_F(EngineTest, AScanReadsOnlyTheBeginningOfALargeValue) {
  constexpr int kValues = 16;
  std::mt19937_64 random(1);
  for (int i = 0; i < kValues; ++i) {
    // One name is longer than a block.
    const std::string name = std::to_string(i) + std::string(i == 7 ? 3 * kLargeBlockSize : 1, '.');
    put(name, noise(random, 32 * kLargeBlockSize));
  }
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  const std::uint64_t before = engine_->statistics().page_read_bytes;
  FetchedRecords heads;
  std::vector<Location> missing;
  std::set<std::string> names;
  std::uint64_t cursor = 0;
  bool again = false;
  do {
    cursor = engine_->database(0).scan(cursor, heads, missing, [&names](const Record& record) {
      EXPECT_EQ(record.type(), ValueType::kString);
      names.emplace(record.key());
    });
    again = !missing.empty();
    ASSERT_TRUE(reactor_->block_on(engine_->fetch_heads(missing, heads)).ok());
    missing.clear();
  } while (cursor != 0 || again);
  EXPECT_EQ(names.size(), std::size_t{kValues});
  for (const auto& [name, value] : model_) EXPECT_TRUE(names.contains(name)) << name.substr(0, 10);
  EXPECT_LT(engine_->statistics().page_read_bytes - before, kValues * 4 * kLargeBlockSize);
  expect_all();
}

TEST_F(EngineTest, LogAloneBringsEverythingBack) {
  fill(0, 1000);
  put("key:7", "");
  wait_durable();
  close(false);
  open();
  EXPECT_GT(engine_->statistics().recovered_log_bytes, 0u);
  expect_all();
}

TEST_F(EngineTest, CleanCloseLeavesNothingToReplay) {
  fill(0, 1000);
  put("key:7", "");
  close(true);
  open();
  EXPECT_EQ(engine_->statistics().recovered_log_bytes, 0u);
  EXPECT_EQ(engine_->statistics().hot_keys, 0u);
  expect_all();
}

TEST_F(EngineTest, CheckpointAndLogTogether) {
  for (int round = 0; round < 3; ++round) {
    fill(0, 500 + round * 100);
    ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
    ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
    for (int i = 0; i < 300; i += 3) put("key:" + std::to_string(i), "changed " + std::to_string(round));
    put("key:" + std::to_string(round + 1), "");
    wait_durable();
    close(false);
    open();
    expect_all();
  }
}

TEST_F(EngineTest, CompactionKeepsWhatLivesAndGivesSpaceBack) {
  // Small runs in the background, during the deletes, would leave too little dead in each segment for a further run.
  Options options = engine_->options();
  options.compaction = false;
  engine_->reconfigure(options);
  fill(0, 3000);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  for (int i = 0; i < 3000; ++i) {
    if (i % 4 != 0) put("key:" + std::to_string(i), "");
  }
  close(true);
  open();
  engine_->reconfigure(options);
  const std::uint64_t before = engine_->statistics().segment_bytes;
  ASSERT_TRUE(reactor_->block_on(engine_->compact()).ok());
  // The first may join one of the background's, which began before.
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  EXPECT_GT(engine_->statistics().compacted_records, 0u);
  EXPECT_EQ(engine_->statistics().dead_records, 0u);
  EXPECT_NE(engine_->statistics().segment_bytes, before);
  expect_all();
  close(false);
  open();
  expect_all();
}

TEST_F(EngineTest, BackgroundCompactionKeepsTheShareOfLiveRecordsThatIsAskedFor) {
  Options options = engine_->options();
  options.compaction_live_share = 0.5;
  engine_->reconfigure(options);
  fill(0, 3000);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  const std::uint64_t whole = engine_->statistics().live_bytes;
  for (int i = 0; i < 3000; ++i) {
    if (i % 10 < 4) put("key:" + std::to_string(i), "");
  }
  EXPECT_GT(engine_->statistics().live_bytes, whole / 2);
  EXPECT_LT(engine_->statistics().live_bytes, whole * 7 / 10);
  close(true);  // what is read at the start is sealed, so that it may be compacted
  open();
  engine_->reconfigure(options);
  rest(500);
  EXPECT_EQ(engine_->statistics().compactions, 0u);
  options.compaction_live_share = 0.8;
  engine_->reconfigure(options);
  const auto done = [this] {
    const Statistics now = engine_->statistics();
    return now.compactions > 0 && now.dead_records * 4 <= now.live_records;
  };
  // What was compacted counts as dead until a checkpoint gives it back.
  for (int waited = 0; waited < 100 && !done(); ++waited) {
    rest(50);
    ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  }
  EXPECT_TRUE(done());
  expect_all();
}

TEST_F(EngineTest, LittleGarbageAmongHotKeysIsLeftToTheirNextWrites) {
  constexpr int kKeys = 1000;
  std::mt19937_64 random(1);
  const auto write = [&](int number) {
    put("key:" + std::to_string(number), noise(random, 4 * kSmallSegmentSize / kKeys));
  };
  for (int i = 0; i < kKeys; ++i) write(i);
  ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  for (int i = 0; i < kKeys; i += 2) write(i);
  EXPECT_GT(engine_->statistics().dead_records, 0u);
  rest(5 * kMaintenancePeriodMs);
  EXPECT_EQ(engine_->statistics().compactions, 0u);
  // Cold keys among which it is compacted.
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  for (int waited = 0; waited < 100 && engine_->statistics().compactions == 0; ++waited) rest(kMaintenancePeriodMs);
  EXPECT_GT(engine_->statistics().compactions, 0u);
  expect_all();
}

// Without that wait, writers leave compaction far behind.
TEST_F(EngineTest, WritersWaitWhereCompactionWouldNotKeepTheShare) {
  if (!kTinyLimits) GTEST_SKIP() << "takes hundreds of megabytes; with tiny pages it does not";
  Options options = engine_->options();
  options.compaction_live_share = 0.7;
  engine_->reconfigure(options);
  constexpr int kKeys = 3000;
  std::mt19937_64 random(1);
  const auto write = [&](int number) { put("key:" + std::to_string(number), noise(random, 300)); };
  for (int i = 0; i < kKeys; ++i) write(i);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  double least_share = 1;
  for (int i = 0; i < 3 * kKeys; ++i) {
    if (!engine_->has_room()) reactor_->block_on(engine_->wait_for_room());
    write(static_cast<int>(random() % kKeys));
    if (i % 256 != 0) continue;
    ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
    const Statistics now = engine_->statistics();
    const std::uint64_t written = now.segment_bytes - now.segment_retired_bytes - now.segment_unused_bytes;
    least_share = std::min(least_share, static_cast<double>(now.live_bytes) / static_cast<double>(written));
  }
  EXPECT_GT(engine_->statistics().compactions, 0u);
  EXPECT_GT(engine_->statistics().compaction_waits, 0u);
  EXPECT_GT(least_share, 0.6);
  expect_all();
}

TEST_F(EngineTest, AStartTakesTheUnusedEndsOfSegmentsAway) {
  fill(0, 500);
  close(true);
  open();
  std::uint64_t file_bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(root_ / "segments")) file_bytes += entry.file_size();
  EXPECT_EQ(file_bytes, engine_->statistics().segment_bytes);
  EXPECT_EQ(engine_->statistics().segment_unused_bytes, 0u);
  expect_all();
}

TEST_F(EngineTest, AsManyLogFilesAreKeptAsTheTimeBetweenCheckpointsTakes) {
  const std::string value(kMaxFrameSize / 2, 'x');
  const auto write_and_checkpoint = [&](std::uint64_t bytes) {
    for (std::uint64_t written = 0; written < bytes; written += value.size()) put("key", value);
    wait_durable();
    ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  };
  Options options = engine_->options();
  options.checkpoint_log_bytes = 64 * kLogFileSize;
  engine_->reconfigure(options);
  write_and_checkpoint(5 * kLogFileSize);
  EXPECT_GE(engine_->statistics().log_spare_bytes, 4 * kLogFileSize);
  for (int i = 0; i < 3; ++i) write_and_checkpoint(kLogFileSize);
  EXPECT_LE(engine_->statistics().log_spare_bytes, 3 * kLogFileSize);
}

TEST_F(EngineTest, WhileMostKeysAreHotFewLargeEntriesMayMakeALongerLog) {
  if (!kTinyLimits) GTEST_SKIP() << "takes hundreds of megabytes; with a tiny log it does not";
  constexpr int kKeys = 100;
  const std::string value(2 * kKiB, 'x');
  const auto write = [&](int count, std::size_t size) {
    for (int i = 0; i < count; ++i) put("key:" + std::to_string(i % kKeys), value.substr(0, size));
  };
  write(kKeys, value.size());
  ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  Options options = engine_->options();
  options.checkpoint_log_bytes = 0;
  engine_->reconfigure(options);
  const std::uint64_t before = engine_->statistics().checkpoints;
  // Waits for so many: a checkpoint takes time on a busy disk.
  const auto checkpoints = [&](std::uint64_t expected) {
    for (int waits = 0; waits < 100 && engine_->statistics().checkpoints < before + expected; ++waits)
      rest(10 * kMaintenancePeriodMs);
    return engine_->statistics().checkpoints - before;
  };

  write(static_cast<int>(2 * kCheckpointLogSize / value.size()), value.size());
  rest(10 * kMaintenancePeriodMs);
  EXPECT_EQ(checkpoints(0), 0u);
  write(static_cast<int>(kCheckpointLogEntries), 1);
  EXPECT_EQ(checkpoints(1), 1u);
  write(static_cast<int>(kMaxCheckpointLogSize / value.size()), value.size());
  EXPECT_EQ(checkpoints(2), 2u);
  expect_all();
}

TEST_F(EngineTest, PagesPackedWithADictionaryAreReadWithEitherOfItsCopies) {
  auto flip_in_each = [this](unsigned quarter) {
    for (const auto& entry : std::filesystem::directory_iterator(root_ / "dictionaries")) {
      flip_byte(entry.path(), static_cast<std::streamoff>(entry.file_size() / 4 * quarter));
    }
  };
  put_alike(0, 6000);
  ASSERT_TRUE(learns_dictionary(5000));
  put_alike(6000, 8000);
  expect_all();
  close(true);
  flip_in_each(1);
  open();
  EXPECT_NE(engine_->statistics().dictionary, 0u);
  expect_all();
  close(true);
  flip_in_each(3);
  open();
  EXPECT_EQ(engine_->statistics().dictionary, 0u);
  unsigned refused = 0;
  for (const auto& [key, value] : model_) {
    const std::string got = get(key);
    if (got == value) continue;
    ASSERT_NE(got.find("dictionary "), std::string::npos) << got;
    ++refused;
  }
  EXPECT_GT(refused, 1000u);
}

TEST_F(EngineTest, NoDictionaryIsLearntOrUsedWhereNoneIsWanted) {
  auto use_dictionaries = [this](bool wanted) {
    Options options = engine_->options();
    options.dictionaries = wanted;
    engine_->reconfigure(options);
  };
  use_dictionaries(false);
  put_alike(0, 6000);
  EXPECT_EQ(engine_->statistics().dictionary, 0u);
  // A dictionary that is being trained is finished when the store is closed.
  close(true);
  EXPECT_TRUE(std::filesystem::is_empty(root_ / "dictionaries"));
  open();
  EXPECT_EQ(engine_->statistics().dictionary, 0u);
  put_alike(6000, 12000);
  ASSERT_TRUE(learns_dictionary(5000));
  use_dictionaries(false);
  EXPECT_EQ(engine_->statistics().dictionary, 0u);
  put_alike(12000, 13000);
  expect_all();
}

TEST_F(EngineTest, FlushedDatabaseStaysEmpty) {
  fill(0, 500);
  ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
  engine_->flush_database(0);
  model_.clear();
  fill(100, 200);
  expect_all();
  close(true);
  open();
  expect_all();
}

}  // namespace
}  // namespace terrace::storage
