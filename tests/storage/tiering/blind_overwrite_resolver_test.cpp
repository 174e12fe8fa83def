// A store in which several names have the same fingerprint: all that an index entry knows of a hash. The count of its
// keys is exact again soon after blind writes, however many there were, and after a restart.

#include "storage/tiering/blind_overwrite_resolver.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "io/reactor.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "storage/engine.h"

namespace terrace::storage {
namespace {

// Pairs of one fingerprint.
constexpr std::array<std::array<const char*, 2>, 30> kCollisions = {{
    {"collide:2250793", "collide:3192157"}, {"collide:2177017", "collide:3460289"},
    {"collide:1268646", "collide:1945989"}, {"collide:3744234", "collide:3926610"},
    {"collide:2336844", "collide:2680409"}, {"collide:1126737", "collide:3867181"},
    {"collide:862913", "collide:1432010"},  {"collide:2222368", "collide:2444082"},
    {"collide:3133138", "collide:3819786"}, {"collide:693759", "collide:2595631"},
    {"collide:2287472", "collide:3862510"}, {"collide:2481594", "collide:3817288"},
    {"collide:434461", "collide:1380273"},  {"collide:946612", "collide:1296594"},
    {"collide:1827658", "collide:2674885"}, {"collide:2062212", "collide:2085105"},
    {"collide:28656", "collide:925297"},    {"collide:3447", "collide:383115"},
    {"collide:2187050", "collide:2460118"}, {"collide:181745", "collide:2849399"},
    {"collide:183125", "collide:445653"},   {"collide:3058821", "collide:3954766"},
    {"collide:1428475", "collide:3029279"}, {"collide:2621777", "collide:3895976"},
    {"collide:265225", "collide:1239396"},  {"collide:2776471", "collide:3693129"},
    {"collide:832126", "collide:1144723"},  {"collide:1641866", "collide:2633192"},
    {"collide:1788522", "collide:3705820"}, {"collide:1996686", "collide:2514701"},
}};
// More than a keyspace notes, and so few of all keys that none of them has to be read.
constexpr std::uint64_t kOverwritten = kTinyLimits ? 600 : 9000;
constexpr std::uint64_t kKeys = 4 * kOverwritten;

class EmptyLog final : public LogApplier {
 public:
  std::unique_ptr<UnitScanner> make_scanner() override { return std::make_unique<Scanner>(); }
  io::Task<Result<void>> apply(std::span<const std::byte>) override { co_return Result<void>(); }

 private:
  class Scanner final : public UnitScanner {
   public:
    Result<std::uint64_t> scan(std::span<const std::byte> bytes) override { return std::uint64_t{bytes.size()}; }
  };
};

class BlindOverwriteResolverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(root_);
    open();
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(root_);
  }
  void open() {
    Result<std::unique_ptr<io::UringDisk>> disk = io::UringDisk::open(*reactor_, root_);
    ASSERT_TRUE(disk.ok()) << disk.error().message;
    disk_ = std::move(*disk);
    environment_ = std::make_unique<io::Environment>(io::Environment{*disk_, *reactor_, workers_, 42});
    engine_ = std::make_unique<Engine>(*environment_, Options(), ledger_);
    EmptyLog log;
    ASSERT_TRUE(reactor_->block_on(engine_->open(log)).ok());
  }
  void close() {
    EXPECT_TRUE(reactor_->block_on(engine_->close(false)).ok());
    engine_.reset();
    disk_.reset();
  }
  // Without reading what the key may have been.
  void write_blindly(const std::string& name) {
    const Key key(name);
    const FetchedRecords none;
    std::vector<Location> missing;
    ASSERT_TRUE(database().overwritable(key, none, missing));
    std::memcpy(database().insert(key, none, ValueType::kString, Encoding::kRaw, 1)->value(), "x", 1);
  }
  // Half of each pair is on disk when the other half is written.
  void fill() {
    for (const auto& pair : kCollisions) write_blindly(pair[0]);
    for (std::uint64_t i = 0; i < kKeys; ++i) write_blindly("key:" + std::to_string(i));
    ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok());
    for (std::uint64_t i = 0; i < kOverwritten; ++i) write_blindly("key:" + std::to_string(i));
    for (const auto& pair : kCollisions) write_blindly(pair[1]);
  }
  // Until no blind write is left that is not settled.
  void expect_settled() {
    for (int tries = 0; tries < 1000 && database().overwritten_count() > 0; ++tries) {
      reactor_->block_on([](io::Reactor& reactor) -> io::Task<void> { co_await reactor.sleep_ms(10); }(*reactor_));
    }
    EXPECT_EQ(database().overwritten_count(), 0u);
    EXPECT_EQ(engine_->statistics().overwritten_records, 0u);
    EXPECT_EQ(database().size(), kKeys + 2 * kCollisions.size());
  }
  Database& database() { return engine_->database(0); }

  const std::string root_ =
      (std::filesystem::current_path() / ("resolver_test." + std::to_string(::getpid()))).string();
  std::unique_ptr<io::Reactor> reactor_ = std::move(io::Reactor::create()).value();
  io::WorkerPool workers_{*reactor_, 1};
  std::unique_ptr<io::UringDisk> disk_;
  std::unique_ptr<io::Environment> environment_;
  Ledger ledger_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(BlindOverwriteResolverTest, TheCountIsExactAfterMoreBlindWritesThanAreNoted) {
  fill();
  EXPECT_EQ(database().size(), kKeys + kCollisions.size());
  expect_settled();
}

TEST_F(BlindOverwriteResolverTest, TheCountIsExactAfterARestart) {
  fill();
  ASSERT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  close();
  open();
  EXPECT_GT(database().overwritten_count(), 0u) << "all were settled before the checkpoint";
  expect_settled();
}

}  // namespace
}  // namespace terrace::storage
