#include "storage/memory/ledger.h"

#include <gtest/gtest.h>

#include <vector>

namespace terrace::storage {
namespace {

TEST(LedgerTest, AChargeEndsWithItsOwner) {
  Ledger ledger;
  {
    LedgerCharge charge(ledger, Account::kReplies, 100);
    const LedgerCharge other(ledger, Account::kImages, 7);
    EXPECT_EQ(ledger.bytes(Account::kReplies), 100u);
    EXPECT_EQ(ledger.total(), 107u);
    charge.resize(250);
    EXPECT_EQ(ledger.bytes(Account::kReplies), 250u);
    charge.resize(40);
    EXPECT_EQ(ledger.bytes(Account::kReplies), 40u);
    EXPECT_EQ(ledger.total(), 47u);
  }
  EXPECT_EQ(ledger.total(), 0u);
}

TEST(LedgerTest, AMovedChargeIsChargedOnce) {
  Ledger ledger;
  LedgerCharge first(ledger, Account::kReplies, 100);
  LedgerCharge second(std::move(first));
  EXPECT_EQ(ledger.bytes(Account::kReplies), 100u);
  // Whose charge was taken can be charged again.
  first.resize(5);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(ledger.bytes(Account::kReplies), 105u);
  LedgerCharge third(ledger, Account::kQueryBuffers, 30);
  third = std::move(second);
  EXPECT_EQ(ledger.bytes(Account::kQueryBuffers), 0u);
  EXPECT_EQ(ledger.bytes(Account::kReplies), 105u);
  // As vectors move what they hold, when they grow.
  std::vector<LedgerCharge> charges;
  // NOLINTNEXTLINE(performance-inefficient-vector-operation)
  for (int i = 0; i < 100; ++i) charges.emplace_back(ledger, Account::kUnits, 2);
  EXPECT_EQ(ledger.bytes(Account::kUnits), 200u);
  charges.resize(10);
  EXPECT_EQ(ledger.bytes(Account::kUnits), 20u);
}

TEST(LedgerTest, AChargeWithoutLedgerChargesNobody) {
  LedgerCharge charge;
  charge.resize(1000);
  EXPECT_EQ(charge.bytes(), 1000u);
}

TEST(LedgerTest, RecordsAreReadWhereTheyStand) {
  Ledger ledger;
  std::uint64_t records = 500;
  ledger.follow_records(&records);
  const LedgerCharge charge(ledger, Account::kIndex, 20);
  EXPECT_EQ(ledger.bytes(Account::kRecords), 500u);
  records += 100;
  EXPECT_EQ(ledger.total(), 620u);
  ledger.follow_records(nullptr);
  EXPECT_EQ(ledger.total(), 20u);
}

TEST(LedgerTest, RoomIsWhatAllAccountsAndTheOverheadLeave) {
  Ledger ledger;
  std::uint64_t records = 0;
  ledger.follow_records(&records);
  constexpr std::uint64_t kLimit = 16 * Ledger::kLeastRecordBytes;
  EXPECT_TRUE(ledger.has_room());  // no limit
  ledger.set_limit(kLimit);
  records = kLimit / 2;
  EXPECT_TRUE(ledger.has_room());
  LedgerCharge replies(ledger, Account::kReplies, kLimit / 4);
  ledger.set_overhead(kLimit / 4 - 1);
  EXPECT_TRUE(ledger.has_room());
  EXPECT_FALSE(ledger.exceeded());
  replies.resize(kLimit / 4 + 1);
  EXPECT_FALSE(ledger.has_room());
  EXPECT_FALSE(ledger.exceeded());  // at the limit, not above
  replies.resize(kLimit / 4 + 2);
  EXPECT_TRUE(ledger.exceeded());
  // Eviction helps: nothing is short.
  EXPECT_FALSE(ledger.is_short());
}

TEST(LedgerTest, APartOfTheMemoryIsForRecordsWhateverTheOthersHold) {
  Ledger ledger;
  std::uint64_t records = Ledger::kLeastRecordBytes;
  ledger.follow_records(&records);
  ledger.set_limit(4 * Ledger::kLeastRecordBytes);
  const LedgerCharge replies(ledger, Account::kReplies, 100 * Ledger::kLeastRecordBytes);
  EXPECT_TRUE(ledger.is_short());
  EXPECT_FALSE(ledger.has_room());
  --records;  // one has become cold
  EXPECT_TRUE(ledger.has_room());
  EXPECT_TRUE(ledger.exceeded());
}

TEST(LedgerDeathTest, WhatIsNotGivenBackIsFoundAtTheEnd) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Ledger ledger;
        static_cast<void>(new LedgerCharge(ledger, Account::kReplies, 1));
      },
      "");
}

}  // namespace
}  // namespace terrace::storage
