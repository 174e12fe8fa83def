// Every disk call of a short script fails in turn, with each errno that a disk may answer, and transfers come up short.
// Whichever it is, the store does not crash, hang or give a wrong value; it finishes the script or refuses with an error
// that has words; it serves writes again without a restart, unless disk_rule() calls the failure final; and when the
// power has gone too and the disk is good again, it starts and has all that it had promised.
//
// Each call is tried twice: with the script run to its end, and with the power cut soon after the fault, before an
// orderly close could mend what was left undone. With tiny limits all calls are tried; with the normal ones, where
// most calls fill log files of 64 MiB with zeros, an even sample, another one for each policy and kind of fault.
//
// What lasts is tried, too: no name can be opened, made or removed for a while.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "storage/base/disk_rule.h"
#include "tests/simulation/scripted_store.h"

namespace terrace::simulation {
namespace {

using storage::DiskRule;
using storage::DiskUse;
using storage::FsyncPolicy;
using storage::kTinyLimits;

constexpr int kFaults[] = {EIO, ENOSPC, SimulatedDisk::kShortTransfer, EMFILE, ENFILE, EACCES, ENOENT, EROFS, ENOMEM};
constexpr unsigned kSamples = 2 * static_cast<unsigned>(std::size(kFaults));
constexpr std::uint64_t kCapacity = std::uint64_t{1} << 40;
constexpr unsigned kKeys = 30;
constexpr std::int64_t kPatienceUs = 3'000'000;

struct Case {
  FsyncPolicy policy = FsyncPolicy::kAlways;
  int fault = EIO;         // or SimulatedDisk::kShortTransfer
  std::uint64_t call = 0;  // 0: none fails
  bool cut = false;        // the power, soon after
};

struct Outcome {
  std::uint64_t calls = 0;
  unsigned refusals = 0;  // errors told, each with words
  bool ended = false;     // the log has failed
};

// Of calls outside of a start, those that may end the service of writes.
std::optional<DiskUse> use_of(const SimulatedDisk::FailedCall& call, FsyncPolicy policy) {
  const bool log = call.path.starts_with("log/");
  if (!log) return std::nullopt;
  if (call.op == io::DiskOp::kWriteSync) return DiskUse::kLogFrame;
  // Of a file with frames: where every frame is synced with its write, only zeros are synced alone.
  if (call.op == io::DiskOp::kSync && call.written && policy != FsyncPolicy::kAlways) return DiskUse::kLogSync;
  return DiskUse::kLogFile;
}

// What the child process is at, for the parent to tell if the child dies of it.
char* shared_words() {
  constexpr std::size_t kSize = 256;
  static char* const words = static_cast<char*>(
      mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));  // NOLINT: mmap's own cast
  return words;
}

Effect remove(unsigned number) {
  return {.kind = Effect::Kind::kDelete, .key = scripted_key(number)};
}

class Sweep {
 public:
  explicit Sweep(const Case& chosen) : case_(chosen), world_(7), media_(kCapacity), clock_(world_), oracle_(1) {}

  Outcome run() {
    if (life(1, &Sweep::first_script)) life(2, &Sweep::second_script);
    if (case_.call > 0) power_cut();
    number_ = 3;
    case_.call = 0;
    if (!life(3, &Sweep::last_script)) fail("a good disk, and yet no start");
    return outcome_;
  }

 private:
  // False if the store was not left in order, or did not start.
  bool life(std::uint64_t number, void (Sweep::*script)()) {
    number_ = number;
    for (int attempt = 0; attempt < 2; ++attempt) {
      make_store();
      const Result<void> opened = store_->open();
      if (opened.ok()) {
        recovered();
        (this->*script)();
        return leave();
      }
      refused("start", opened.error());
      count_calls();
      store_.reset();
      if (case_.cut) return false;
    }
    fail("refuses to start a second time, though only one call failed");
  }

  void make_store() {
    store_ =
        std::make_unique<ScriptedStore>(ScriptedStore::Site{world_, media_, clock_, oracle_, ++lives_, case_.policy});
    if (case_.call > outcome_.calls) store_->disk().fail_call(case_.call - outcome_.calls, case_.fault);
  }
  void count_calls() { outcome_.calls += store_->disk().calls(); }
  bool struck() const { return case_.call > 0 && outcome_.calls + store_->disk().calls() >= case_.call; }
  // The rest of the script is not run: the power goes.
  bool over() const { return case_.cut && struck(); }

  void refused(const char* what, const Error& error) {
    if (!struck()) fail(std::string(what) + " failed on a good disk: " + error.message);
    if (error.message.size() < 8) fail(std::string(what) + " was refused without words: " + error.message);
    if (++outcome_.refusals > 100) fail("one call failed, and nothing works any more: " + error.message);
  }
  void note(const char* what, const Result<void>& result) {
    if (!result.ok()) refused(what, result.error());
  }

  void recovered() {
    Result<Model> all = store_->read_everything();
    if (!all.ok()) {
      refused("reading after start", all.error());
      all = store_->read_everything();
    }
    if (!all.ok()) fail("a second attempt at reading failed too: " + all.error().message);
    if (auto wrong = oracle_.recover(std::move(*all), clock_.wall_ms())) fail(*wrong);
  }

  bool leave() {
    if (over()) {
      store_->kill();
      store_.reset();
      return false;
    }
    if (struck()) check_service();
    note("close", store_->close(number_ == 2));
    count_calls();
    store_.reset();
    return true;
  }

  // One call failed; by now everything else has gone well.
  void check_service() {
    const std::optional<SimulatedDisk::FailedCall>& call = store_->disk().failed_call();
    Result<void> written = store_->write(scripted_set(kKeys, 10, 1));
    if (store_->engine().log_failed()) {
      outcome_.ended = true;
      const std::optional<DiskUse> use = call ? use_of(*call, case_.policy) : std::nullopt;
      const bool final = use && storage::disk_rule(*use, ErrorCode::kIo) == DiskRule::kFinal;
      if (!final) fail("writes are refused until a restart: " + written.error().message);
      return;
    }
    const std::int64_t latest_us = world_.now_us() + kPatienceUs;
    while (!written.ok() && world_.now_us() < latest_us && world_.step())
      written = store_->write(scripted_set(kKeys, 10, 1));
    if (!written.ok()) fail("one call failed, and writes are still refused seconds later: " + written.error().message);
  }

  void power_cut() {
    Random random(mix(case_.call * 8 + static_cast<std::uint64_t>(case_.fault)));
    constexpr double kSurvivals[] = {0, 0.5, 1};
    media_.crash(random, kSurvivals[random.below(3)]);
  }

  void write(const Effect& effect) {
    if (over()) return;
    // What is not answered yet may still be lost; the client that was told no may try again.
    const Result<void> written = store_->write(effect);
    note("a write", written);
  }
  template <typename Step>
  void maintain(const char* what, Step step) {
    if (over()) return;
    Result<void> done = step();
    note(what, done);
    if (!done.ok() && !over()) note(what, step());
  }
  void spill() {
    maintain("spilling", [this] { return store_->spill_all(); });
  }
  void checkpoint() {
    maintain("a checkpoint", [this] { return store_->checkpoint(); });
  }

  void read_all() {
    for (unsigned number = 0; number < kKeys && !over(); ++number) {
      Result<std::optional<Value>> value = store_->read(scripted_key(number));
      if (!value.ok()) {
        refused("a read", value.error());
        value = store_->read(scripted_key(number));
      }
      if (!value.ok()) {
        // A sync that failed may take what it should have made durable at once; the log has it still.
        if (media_.dropped_sectors() == 0) fail("one call failed, two reads did: " + value.error().message);
        refused("a read of what a failed sync dropped", value.error());
        continue;
      }
      const Value* expected = oracle_.current().find(0, scripted_key(number));
      if (value->has_value() != (expected != nullptr) || (expected && **value != *expected)) {
        fail("a wrong value of " + scripted_key(number));
      }
    }
  }

  void first_script() {
    for (unsigned number = 0; number < 20; ++number) write(scripted_set(number, 20 + 13 * number, 1));
    spill();
    read_all();
    checkpoint();
    // With tiny limits a record of many pages, and enough to fill a log file.
    for (unsigned number = 20; number < 26; ++number) write(scripted_set(number, 12'000, 1));
    read_all();
    for (unsigned number = 0; number < 20; number += 4) write(remove(number));
    spill();
  }

  // Begins with sealed segments, which compaction may clean.
  void second_script() {
    for (unsigned number = 1; number < 20; number += 2) write(scripted_set(number, 30 + number, 2));
    spill();
    maintain("compaction", [this] { return store_->compact(); });
    if (case_.call == 0 && store_->engine().statistics().compacted_records == 0) fail("the script compacts nothing");
    checkpoint();
    read_all();
    for (unsigned number = 24; number < kKeys; ++number) write(scripted_set(number, 500, 3));
    write(remove(5));
    read_all();
  }

  void last_script() {
    write(scripted_set(1, 10, 9));
    spill();
    read_all();
  }

  Case case_;
  World world_;
  Media media_;
  SimulatedClock clock_;
  Oracle oracle_;
  std::unique_ptr<ScriptedStore> store_;
  std::uint64_t number_ = 0;
  std::uint64_t lives_ = 0;
  Outcome outcome_;
};

const char* name_of(FsyncPolicy policy) {
  return policy == FsyncPolicy::kAlways ? "always" : "everysec";
}
// Calls of each policy and kind of fault: all with tiny limits, unless TERRACE_SWEEP_CALLS says how many.
std::uint64_t most_calls() {
  const char* const wanted = std::getenv("TERRACE_SWEEP_CALLS");
  if (wanted != nullptr) return std::strtoull(wanted, nullptr, 10);
  return kTinyLimits ? ~std::uint64_t{0} : 2;
}

std::string name_of(int fault) {
  return fault == SimulatedDisk::kShortTransfer ? "short transfer" : strerrorname_np(fault);
}

[[noreturn]] void sweep(FsyncPolicy policy, int fault, unsigned sample) {
  const std::uint64_t calls = Sweep({.policy = policy}).run().calls;
  const std::uint64_t stride = 1 + (calls - 1) / most_calls();
  std::uint64_t cases = 0;
  std::uint64_t refused = 0;
  std::uint64_t ended = 0;
  for (std::uint64_t call = 1 + sample * stride / kSamples; call <= calls; call += stride) {
    for (const bool cut : {false, true}) {
      std::snprintf(shared_words(), 256, "appendfsync %s, call %llu of %llu: %s%s", name_of(policy),
                    static_cast<unsigned long long>(call), static_cast<unsigned long long>(calls),
                    name_of(fault).c_str(), cut ? ", then a power cut" : "");
      ++cases;
      const Outcome outcome = Sweep({policy, fault, call, cut}).run();
      refused += outcome.refusals > 0;
      ended += outcome.ended;
    }
  }
  std::printf(
      "appendfsync %-8s %-14s: %llu calls, %llu cases: %llu with something refused, %llu of them until a restart; the "
      "others unnoticed\n",
      name_of(policy), name_of(fault).c_str(), static_cast<unsigned long long>(calls),
      static_cast<unsigned long long>(cases), static_cast<unsigned long long>(refused),
      static_cast<unsigned long long>(ended));
  std::fflush(stdout);
  std::_Exit(0);  // killed stores leave what they waited for
}

// In a process of its own, which a broken promise ends.
class FaultSweep : public ::testing::TestWithParam<std::tuple<FsyncPolicy, unsigned>> {};

TEST_P(FaultSweep, EveryCallFailsInTurn) {
  const auto [policy, number] = GetParam();
  const unsigned sample = static_cast<unsigned>(policy) * static_cast<unsigned>(std::size(kFaults)) + number;
  shared_words()[0] = '\0';
  EXPECT_EXIT(sweep(policy, kFaults[number], sample), ::testing::ExitedWithCode(0), "") << shared_words();
}

INSTANTIATE_TEST_SUITE_P(Policies, FaultSweep,
                         ::testing::Combine(::testing::Values(FsyncPolicy::kAlways, FsyncPolicy::kEverySecond),
                                            ::testing::Range(0u, static_cast<unsigned>(std::size(kFaults)))));

// --- what lasts

class Obstacle {
 public:
  Obstacle(FsyncPolicy policy, int error_number)
      : media_(kCapacity),
        clock_(world_),
        oracle_(1),
        error_number_(error_number),
        store_({.world = world_, .media = media_, .clock = clock_, .oracle = oracle_, .fsync_policy = policy}) {}

  void run() {
    EXPECT_TRUE(store_.open().ok());
    for (unsigned number = 0; number < kKeys; ++number) write_ok(number, 1);
    store_.disk().obstruct_names(error_number_);
    EXPECT_LE(writes_until_refused(), 4 * storage::kLogFileSize / kValueSize);
    for (unsigned number = 0; number < kKeys; ++number) {
      EXPECT_TRUE(store_.read(scripted_key(number)).ok()) << "a hot read of " << number;
    }
    EXPECT_FALSE(store_.checkpoint().ok());
    EXPECT_FALSE(store_.engine().log_failed());
    store_.disk().obstruct_names(0);
    pass(kSecondUs);
    for (unsigned number = 0; number < kKeys; ++number) write_ok(number, 3);
    EXPECT_TRUE(store_.checkpoint().ok());
    EXPECT_TRUE(store_.close(false).ok());
  }

 private:
  static constexpr std::int64_t kSecondUs = 1'000'000;
  static constexpr std::size_t kValueSize = storage::kLogFileSize / 20;

  void write_ok(unsigned number, unsigned version) {
    const Result<void> written = store_.write(scripted_set(number, 100, version));
    EXPECT_TRUE(written.ok()) << (written.ok() ? "" : written.error().message);
  }
  // Each write is answered: with OK, or with an error that says why.
  std::size_t writes_until_refused() {
    for (std::size_t count = 0;; ++count) {
      const Result<void> written = store_.write(scripted_set(static_cast<unsigned>(count) % kKeys, kValueSize, 2));
      pass(kSecondUs / 1000);
      if (written.ok()) continue;
      EXPECT_NE(written.error().message.find(std::strerror(error_number_)), std::string::npos)
          << written.error().message;
      return count;
    }
  }
  void pass(std::int64_t time_us) {
    const std::int64_t end_us = world_.now_us() + time_us;
    while (world_.now_us() < end_us && world_.step()) {
    }
  }

  World world_{7};
  Media media_;
  SimulatedClock clock_;
  Oracle oracle_;
  const int error_number_;
  ScriptedStore store_;
};

class ObstacleTest : public ::testing::TestWithParam<std::tuple<FsyncPolicy, int>> {};

TEST_P(ObstacleTest, WritesAreRefusedWhileNoFileCanBeMadeAndServedAfterwards) {
  const auto [policy, error_number] = GetParam();
  Obstacle(policy, error_number).run();
}

INSTANTIATE_TEST_SUITE_P(Errors, ObstacleTest,
                         ::testing::Combine(::testing::Values(FsyncPolicy::kAlways, FsyncPolicy::kEverySecond),
                                            ::testing::Values(EMFILE, ENFILE, EACCES, ENOENT, EIO, EROFS, ENOMEM)));

}  // namespace
}  // namespace terrace::simulation
