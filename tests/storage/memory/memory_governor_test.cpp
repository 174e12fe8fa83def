#include "storage/memory/memory_governor.h"

#include <gtest/gtest.h>

namespace terrace::storage {
namespace {

// What a running server may take beside its limit (memory_governor.h).
constexpr std::uint64_t kFixed = kTinyLimits ? 0 : 24 * kMiB;
constexpr std::uint64_t kUnitBytes = Ledger::kLeastRecordBytes;

class MemoryGovernorTest : public ::testing::Test {
 protected:
  MemoryGovernorTest() { ledger_.follow_records(&records_); }

  // The resident set is what the accounts hold, and this much.
  void sample(std::uint64_t beyond) {
    resident_ = ledger_.total() + beyond;
    governor_.sample();
  }
  // As long as the evictor would go on.
  void evict() {
    while (const std::uint64_t excess = governor_.excess(true)) records_ -= std::min(excess, records_);
  }

  std::uint64_t records_ = 0;
  std::uint64_t resident_ = 0;
  Ledger ledger_;
  MemoryGovernor governor_{ledger_, [this] { return resident_; }};
};

TEST_F(MemoryGovernorTest, OverheadIsWhatLiesBeyondTheAccounts) {
  records_ = 10 * kUnitBytes;
  const LedgerCharge replies(ledger_, Account::kReplies, 3 * kUnitBytes);
  sample(kFixed);
  EXPECT_EQ(ledger_.overhead(), 0u);
  sample(kFixed + 2 * kUnitBytes);
  EXPECT_EQ(ledger_.overhead(), 2 * kUnitBytes);
  EXPECT_EQ(ledger_.used(), 15 * kUnitBytes);
}

TEST_F(MemoryGovernorTest, FreedRecordsLeaveTheirRoom) {
  records_ = 10 * kUnitBytes;
  sample(kFixed + kUnitBytes);
  // The allocator keeps what was freed: the resident set stays, and the next records take that memory.
  records_ = 6 * kUnitBytes;
  governor_.sample();
  EXPECT_EQ(ledger_.used(), 7 * kUnitBytes);
  // It grows though there should be room: so much more lies beyond the records than thought.
  resident_ += kUnitBytes;
  governor_.sample();
  EXPECT_EQ(ledger_.used(), 8 * kUnitBytes);
  // But never more than there is.
  resident_ += 8 * kUnitBytes;
  records_ += 7 * kUnitBytes;
  governor_.sample();
  EXPECT_EQ(ledger_.used(), 20 * kUnitBytes);
}

TEST_F(MemoryGovernorTest, WithoutAProbeTheAccountsStandForTheResidentSet) {
  MemoryGovernor governor(ledger_, nullptr);
  records_ = 5 * kUnitBytes;
  const LedgerCharge index(ledger_, Account::kIndex, kUnitBytes);
  governor.sample();
  EXPECT_EQ(ledger_.used(), 6 * kUnitBytes);
}

TEST_F(MemoryGovernorTest, WhatOthersTakeRecordsGiveUp) {
  ledger_.set_limit(32 * kUnitBytes);
  records_ = 30 * kUnitBytes;
  sample(kFixed);
  EXPECT_EQ(governor_.excess(false), 0u);
  EXPECT_TRUE(ledger_.has_room());
  // Charged before it is there: the resident set has not grown yet.
  LedgerCharge query(ledger_, Account::kQueryBuffers, 10 * kUnitBytes);
  EXPECT_FALSE(ledger_.has_room());
  EXPECT_GE(governor_.excess(false), 8 * kUnitBytes);
  evict();
  EXPECT_LE(ledger_.used(), 32 * kUnitBytes);
  EXPECT_GE(ledger_.used(), 28 * kUnitBytes);  // and not much more than was needed
  EXPECT_TRUE(ledger_.has_room());
  EXPECT_FALSE(governor_.is_short());
}

TEST_F(MemoryGovernorTest, WhereOthersTakeAllSomeRecordsStay) {
  ledger_.set_limit(8 * kUnitBytes);
  records_ = 7 * kUnitBytes;
  const LedgerCharge replies(ledger_, Account::kReplies, 20 * kUnitBytes);
  sample(kFixed);
  EXPECT_TRUE(governor_.is_short());
  EXPECT_FALSE(ledger_.has_room());
  evict();
  EXPECT_TRUE(ledger_.has_room());
  EXPECT_GT(records_, 0u);
  EXPECT_LT(records_, kUnitBytes);
}

TEST_F(MemoryGovernorTest, IsShortWhileTheResidentSetIsAboveTheLimit) {
  ledger_.set_limit(8 * kUnitBytes);
  records_ = 2 * kUnitBytes;
  sample(kFixed + 6 * kUnitBytes);
  EXPECT_FALSE(governor_.is_short());
  resident_ += 1;
  governor_.sample();
  EXPECT_TRUE(governor_.is_short());
}

TEST_F(MemoryGovernorTest, WithoutALimitNothingIsEvicted) {
  records_ = 1000 * kUnitBytes;
  sample(1000 * kUnitBytes);
  EXPECT_EQ(governor_.excess(false), 0u);
  EXPECT_EQ(governor_.excess(true), 0u);
  EXPECT_FALSE(governor_.is_short());
}

TEST_F(MemoryGovernorTest, WholeSpansGiveWayWhereTheResidentSetIsFarAboveTheLimit) {
  if (kTinyLimits) GTEST_SKIP() << "the margins are megabytes";
  ledger_.set_limit(20 * kUnitBytes);
  records_ = 20 * kUnitBytes;
  sample(kFixed);
  EXPECT_EQ(governor_.span_share(), 0u);
  // The limit is lowered to a quarter: three quarters of what records hold must go, and a little more.
  records_ = 100 * kUnitBytes;
  ledger_.set_limit(25 * kUnitBytes);
  sample(kFixed);
  const double gone = static_cast<double>(governor_.span_share()) / MemoryGovernor::kWhole;
  EXPECT_GE(gone, 0.75);
  EXPECT_LT(gone, 0.85);
  // The accounts fit, but the heap has not given back what the records held.
  records_ = 20 * kUnitBytes;
  sample(kFixed + 80 * kUnitBytes);
  EXPECT_GT(governor_.excess(true), 0u);
  records_ = kUnitBytes / 2;
  EXPECT_EQ(governor_.excess(true), 0u);
}

}  // namespace
}  // namespace terrace::storage
