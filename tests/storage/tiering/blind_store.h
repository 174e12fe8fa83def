// BlindStore: the fixture of tests on a store on a real disk, whose keys are written without reading what they were, and
// without the log.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "io/reactor.h"
#include "io/uring_disk.h"
#include "io/worker_pool.h"
#include "storage/engine.h"

namespace terrace::storage {

// Pairs of names that agree in all that an index entry knows of their hashes.
inline constexpr std::array<std::array<const char*, 2>, 30> kCollisions = {{
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
class BlindStore : public ::testing::Test {
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
  // The value does not shrink.
  void write(const std::string& name, std::uint32_t size = 1) {
    const Key key(name);
    const FetchedRecords none;
    std::vector<Location> missing;
    ASSERT_TRUE(database().overwritable(key, none, missing));
    char* const value = database().insert(key, none, ValueType::kString, Encoding::kRaw, size)->value();
    std::mt19937_64 random(key.hash);
    std::generate_n(value, size, [&random] { return static_cast<char>(random()); });
  }
  void spill_all() { ASSERT_TRUE(reactor_->block_on(engine_->spill_all()).ok()); }
  Database& database() { return engine_->database(0); }

  const std::string root_ = (std::filesystem::current_path() / ("blind_store." + std::to_string(::getpid()))).string();
  std::unique_ptr<io::Reactor> reactor_ = std::move(io::Reactor::create()).value();
  io::WorkerPool workers_{*reactor_, 1};
  std::unique_ptr<io::UringDisk> disk_;
  std::unique_ptr<io::Environment> environment_;
  Ledger ledger_;
  std::unique_ptr<Engine> engine_;

 private:
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
};

}  // namespace terrace::storage
