// When a disk is low, and when it is exhausted.
#include "storage/base/disk_level.h"

#include <gtest/gtest.h>

namespace terrace::storage {
namespace {

TEST(DiskLevel, NothingIsKnownAtFirst) {
  const DiskLevel disk;
  EXPECT_FALSE(disk.low());
  EXPECT_FALSE(disk.exhausted());
}

TEST(DiskLevel, IsLowBelowItsShareOfTheDisk) {
  DiskLevel disk{.free_bytes = 10 * kGiB, .total_bytes = 100 * kGiB};
  EXPECT_FALSE(disk.low());
  --disk.free_bytes;
  EXPECT_TRUE(disk.low());
  EXPECT_FALSE(disk.exhausted());
}

TEST(DiskLevel, IsExhaustedBelowTheReserve) {
  DiskLevel disk{.free_bytes = 20 * kGiB, .total_bytes = 100 * kGiB, .reserve_bytes = 20 * kGiB};
  EXPECT_FALSE(disk.exhausted());
  EXPECT_FALSE(disk.low());
  --disk.free_bytes;
  EXPECT_TRUE(disk.exhausted());
  EXPECT_TRUE(disk.low()) << "whatever its share of the disk";
}

}  // namespace
}  // namespace terrace::storage
