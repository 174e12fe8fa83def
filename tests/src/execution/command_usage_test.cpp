#include "src/execution/command_usage.h"

#include <gtest/gtest.h>

namespace terrace {
namespace {

TEST(LatencyHistogram, CountsAndPercentiles) {
  LatencyHistogram histogram;
  for (std::uint64_t ns = 1; ns <= 1000; ++ns) histogram.record(ns * 1000);
  EXPECT_EQ(histogram.total(), 1000u);
  EXPECT_EQ(histogram.count_up_to(LatencyHistogram::kMaxNs), 1000u);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(50)), 500000, 500000 / 16.0);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(99)), 990000, 990000 / 16.0);
  EXPECT_NEAR(static_cast<double>(histogram.count_up_to(250000)), 250, 16);
}

}  // namespace
}  // namespace terrace
