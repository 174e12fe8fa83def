#include "src/types/string/hyperloglog.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace terrace::types {
namespace {

constexpr std::size_t kMaxSparse = 3000;

HllRegisters registers_of(const HyperLogLog& value) {
  HllRegisters registers = {};
  EXPECT_TRUE(value.view().merge_into(registers));
  return registers;
}

TEST(HyperLogLog, BeginsAsRedisWritesIt) {
  EXPECT_EQ(HyperLogLog().bytes(), std::string("HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
  EXPECT_EQ(HyperLogLog().view().known_count(), 0u);
}

TEST(HyperLogLog, TakesOnlyItsOwnBytes) {
  EXPECT_FALSE(HyperLogLogView::of(""));
  EXPECT_FALSE(HyperLogLogView::of("HYLL"));
  EXPECT_FALSE(HyperLogLogView::of(std::string("HYLL\x02", 5) + std::string(20, '\0')));
  EXPECT_FALSE(HyperLogLogView::of(std::string("HYLL\x00", 5) + std::string(20, '\0')));
  EXPECT_FALSE(HyperLogLogView::of(std::string("HYLX\x01", 5) + std::string(20, '\0')));
}

TEST(HyperLogLog, TellsCorruptRuns) {
  const std::string header = std::string("HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80", 16);
  for (const std::string& runs : {std::string(), std::string("\x7f", 1), std::string("\x7f\xfe", 2),
                                  std::string("\x7f\xff\x00", 3), std::string("\x7f\xff\x80", 3)}) {
    HyperLogLog value(header + runs);
    EXPECT_EQ(value.view().count(), std::nullopt);
    EXPECT_FALSE(value.make_dense());
  }
  HyperLogLog cut(header + std::string("\x40\x01", 2));
  EXPECT_EQ(cut.raise({5, 1}, kMaxSparse), HllRaise::kCorrupt);
}

TEST(HyperLogLog, SparseHoldsWhatDenseHolds) {
  for (const std::size_t most : {std::size_t{0}, std::size_t{100}, kMaxSparse, std::size_t{1} << 20}) {
    std::mt19937 random(7);
    HyperLogLog sparse, dense;
    ASSERT_TRUE(dense.make_dense());
    for (int i = 0; i < 4000; ++i) {
      // Small ranks beside each other make runs of equal registers, to be split and joined.
      const HllObservation seen{static_cast<std::uint32_t>(random() % 300 + (i % 2) * 16084),
                                static_cast<std::uint8_t>(random() % 4 + 1)};
      ASSERT_EQ(sparse.raise(seen, most), dense.raise(seen, most)) << i;
    }
    EXPECT_EQ(registers_of(sparse), registers_of(dense));
    EXPECT_EQ(sparse.view().count(), dense.view().count());
    EXPECT_EQ(sparse.view().is_dense(), most < kMaxSparse);
  }
}

TEST(HyperLogLog, BecomesDenseForAHighRank) {
  HyperLogLog value;
  EXPECT_EQ(value.raise({16383, 32}, kMaxSparse), HllRaise::kRaised);
  EXPECT_FALSE(value.view().is_dense());
  EXPECT_EQ(value.raise({16383, 33}, kMaxSparse), HllRaise::kRaised);
  EXPECT_TRUE(value.view().is_dense());
  EXPECT_EQ(value.view().dense_register(16383), 33);
}

TEST(HyperLogLog, CountsWithinAFewStandardErrors) {
  HyperLogLog value;
  std::uint64_t next = 10;
  for (std::uint64_t n = 1; n <= 100'000; ++n) {
    value.raise(HllObservation::of(std::to_string(n)), kMaxSparse);
    if (n != next) continue;
    next *= 10;
    EXPECT_NEAR(static_cast<double>(*value.view().count()), static_cast<double>(n), static_cast<double>(n) * 0.0325);
  }
}

TEST(HyperLogLog, KeepsAndForgetsItsCount) {
  std::string bytes = HyperLogLog().bytes();
  store_hll_count(bytes.data(), 0x0102030405060708);
  EXPECT_EQ(HyperLogLogView::of(bytes)->known_count(), 0x0102030405060708u);
  forget_hll_count(bytes.data());
  EXPECT_EQ(HyperLogLogView::of(bytes)->known_count(), std::nullopt);
}

}  // namespace
}  // namespace terrace::types
