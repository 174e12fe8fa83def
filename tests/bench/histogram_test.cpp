#include "bench/load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/simulation/random.h"

namespace terrace::load {
namespace {

TEST(Histogram, PercentilesAreAtMostA64thTooHigh) {
  simulation::Random random(7);
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random.skewed(10'000'000'000));
    histogram.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto place = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
    const std::uint64_t exact = values[place - 1];
    EXPECT_GE(histogram.percentile(share), exact) << share;
    EXPECT_LE(histogram.percentile(share), exact + exact / 64) << share;
  }
  EXPECT_EQ(histogram.max(), values.back());
  EXPECT_EQ(histogram.percentile(1), values.back());
}

TEST(Histogram, ExtremesHaveBuckets) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0u);
  histogram.record(0);
  EXPECT_EQ(histogram.percentile(0.99), 0u);
  histogram.record(~std::uint64_t{0});
  EXPECT_EQ(histogram.percentile(1), ~std::uint64_t{0});
}

TEST(Histogram, AddAndEachKeepEveryCount) {
  Histogram one;
  Histogram other;
  for (std::uint64_t i = 0; i < 1000; ++i) (i % 3 == 0 ? one : other).record(i * i);
  one.add(other);
  std::uint64_t sum = 0;
  std::uint64_t before = 0;
  one.each([&](std::uint64_t highest, std::uint64_t count) {
    EXPECT_TRUE(sum == 0 || highest > before);
    before = highest;
    sum += count;
  });
  EXPECT_EQ(sum, 1000u);
  EXPECT_EQ(one.count(), 1000u);
}

}  // namespace
}  // namespace terrace::load
