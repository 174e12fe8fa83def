// A store in which several names have the same fingerprint: all that an index entry knows of a hash. The count of its
// keys is exact again soon after blind writes, however many there were, and after a restart.

#include "tests/storage/tiering/blind_store.h"

namespace terrace::storage {
namespace {

// More than a keyspace notes, and so few of all keys that none of them has to be read.
constexpr std::uint64_t kOverwritten = kTinyLimits ? 600 : 9000;
constexpr std::uint64_t kKeys = 4 * kOverwritten;

class BlindOverwriteResolverTest : public BlindStore {
 protected:
  // Half of each pair is on disk when the other half is written.
  void fill() {
    for (const auto& pair : kCollisions) write(pair[0]);
    for (std::uint64_t i = 0; i < kKeys; ++i) write("key:" + std::to_string(i));
    spill_all();
    for (std::uint64_t i = 0; i < kOverwritten; ++i) write("key:" + std::to_string(i));
    for (const auto& pair : kCollisions) write(pair[1]);
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
