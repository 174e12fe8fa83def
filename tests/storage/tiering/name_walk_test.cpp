// NameWalk: every name once, whatever moves in between; a page is read once for all of its names.

#include "storage/tiering/name_walk.h"

#include <map>
#include <utility>

#include "tests/storage/tiering/blind_store.h"

namespace terrace::storage {
namespace {

constexpr int kNames = kTinyLimits ? 2000 : 20'000;
// Several segments in all.
constexpr std::uint32_t kValueSize = kTinyLimits ? 30 : 600;

class NameWalkTest : public BlindStore {
 protected:
  // Names in no order, so that neighbours in the index do not lie together.
  static std::string name(int number) { return "name:" + std::to_string(Key(std::to_string(number)).hash); }
  void fill() {
    for (int number = 0; number < kNames; ++number) {
      write(name(number), kValueSize);
      if (number % (kNames / 4) == 0) spill_all();
    }
    for (const auto& pair : kCollisions) write(pair[0]);
    spill_all();
  }
  // `between` runs when a window has been gathered.
  template <typename Between>
  std::map<std::string, int> walk(const Between& between) {
    std::map<std::string, int> seen;
    const auto visit = [&seen](const Record& record) { ++seen[std::string(record.key())]; };
    NameWalk walk = engine_->walk_names(0);
    io::Slice slice(*reactor_);
    do {
      while (!walk.gather(slice, visit)) slice.begin();
      between();
      const Result<void> read = reactor_->block_on(walk.read(visit));
      EXPECT_TRUE(read.ok());
      if (!read.ok()) break;
    } while (!walk.done());
    return seen;
  }
  static void expect_once(const std::map<std::string, int>& seen, std::size_t keys) {
    EXPECT_EQ(seen.size(), keys);
    for (const auto& [key, times] : seen) ASSERT_EQ(times, 1) << key;
  }
};

TEST_F(NameWalkTest, APageIsReadOnceForAllOfItsNames) {
  fill();
  const std::uint64_t pages = engine_->statistics().segment_bytes / kPageSize;
  const std::uint64_t before = engine_->statistics().page_reads;
  expect_once(walk([] {}), kNames + kCollisions.size());
  const std::uint64_t reads = engine_->statistics().page_reads - before;
  RecordProperty("reads", static_cast<int>(reads));
  EXPECT_LE(reads, kTinyLimits ? kNames * 3 / 4 : pages);
  EXPECT_LT(reads, static_cast<std::uint64_t>(kNames));
}

TEST_F(NameWalkTest, EveryKeyIsVisitedOnceThoughItMovesOrChanges) {
  fill();
  // Overwritten entries: of a key, and of another key.
  for (int number = 0; number < kNames; number += 10) write(name(number), kValueSize);
  for (const auto& pair : kCollisions) write(pair[1]);
  bool changed = false;
  const auto seen = walk([this, &changed] {
    if (std::exchange(changed, true)) return;
    // What was gathered is resolved, changed, moved, and no longer needed where it was.
    for (int number = 1; number < kNames; number += 10) write(name(number), kValueSize);
    spill_all();
    EXPECT_TRUE(reactor_->block_on(engine_->compact()).ok());
    for (int times = 0; times < 2; ++times) EXPECT_TRUE(reactor_->block_on(engine_->checkpoint()).ok());
  });
  expect_once(seen, kNames + 2 * kCollisions.size());
}

}  // namespace
}  // namespace terrace::storage
