#include "storage/memory/memory_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "io/clock.h"

namespace terrace::storage {
namespace {

constexpr std::uint64_t kLimit = 64 * Ledger::kLeastRecordBytes;
constexpr std::uint64_t kUnit = kLimit / 64;

class StandingClock final : public io::Clock {
 public:
  std::int64_t wall_ms() const override { return now_us / 1000; }
  std::int64_t monotonic_us() const override { return now_us; }
  void submit(io::Timer&) override { TERRACE_CHECK(false); }

  std::int64_t now_us = 1;
};

using Lane = MemoryQueue::Lane;

class MemoryQueueTest : public ::testing::Test {
 protected:
  struct Client {
    Client(Ledger& ledger, Account account) : charge(ledger, account) {}
    MemoryQueue::Place place;
    LedgerCharge charge;
    std::optional<MemoryQueue::Outcome> outcome;
  };

  MemoryQueueTest() { ledger_.set_limit(kLimit); }

  Client& asks(std::uint64_t bytes) { return asks(Lane::kOthers, Account::kReserved, bytes); }
  Client& sends(std::uint64_t bytes) { return asks(Lane::kLargeRequests, Account::kLargeRequests, bytes); }
  Client& asks(Lane lane, Account account, std::uint64_t bytes) {
    clients_.emplace_back(ledger_, account);
    io::spawn(take(clients_.back(), lane, bytes));
    return clients_.back();
  }
  io::Task<> take(Client& client, Lane lane, std::uint64_t bytes) {
    client.outcome = co_await queue_.take(client.place, client.charge, lane, bytes);
  }
  void gives_back(Client& client) {
    client.charge.resize(0);
    queue_.serve();
  }

  StandingClock clock_;
  Ledger ledger_;
  MemoryQueue queue_{ledger_, clock_};
  std::deque<Client> clients_;
};

using Outcome = MemoryQueue::Outcome;

TEST_F(MemoryQueueTest, WhatFitsIsTakenAtOnceAndTheRestWaitsInOrder) {
  Client& first = asks(40 * kUnit);
  EXPECT_EQ(first.outcome, Outcome::kTaken);
  EXPECT_EQ(ledger_.bytes(Account::kReserved), 40 * kUnit);
  Client& second = asks(30 * kUnit);
  Client& third = asks(kUnit);  // there is room for it, but it does not pass the second
  EXPECT_FALSE(second.outcome);
  EXPECT_FALSE(third.outcome);
  EXPECT_EQ(queue_.room(), 0u);
  queue_.serve();
  EXPECT_FALSE(second.outcome);
  gives_back(first);
  EXPECT_EQ(second.outcome, Outcome::kTaken);
  EXPECT_EQ(third.outcome, Outcome::kTaken);
  EXPECT_EQ(ledger_.bytes(Account::kReserved), 31 * kUnit);
}

TEST_F(MemoryQueueTest, RecordsGiveWayOtherAccountsDoNot) {
  std::uint64_t records = 63 * kUnit;
  ledger_.follow_records(&records);
  EXPECT_EQ(asks(40 * kUnit).outcome, Outcome::kTaken);
  const LedgerCharge replies(ledger_, Account::kReplies, 10 * kUnit);
  Client& waiting = asks(10 * kUnit);
  EXPECT_FALSE(waiting.outcome);
  waiting.place.leave();
  EXPECT_EQ(waiting.outcome, Outcome::kLeft);
  EXPECT_EQ(waiting.charge.bytes(), 0u);
  ledger_.follow_records(nullptr);
}

TEST_F(MemoryQueueTest, WhatCanNeverFitIsRefused) {
  EXPECT_EQ(asks(queue_.most() + 1).outcome, Outcome::kTooLarge);
  EXPECT_EQ(asks(queue_.most()).outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, OneThatLeavesLetsTheNextOnePass) {
  Client& first = asks(50 * kUnit);
  Client& second = asks(50 * kUnit);
  Client& third = asks(2 * kUnit);
  second.place.leave();
  queue_.serve();
  EXPECT_EQ(third.outcome, Outcome::kTaken);
  EXPECT_FALSE(queue_.waited_for());
  Client& fourth = asks(50 * kUnit);
  gives_back(first);
  EXPECT_EQ(fourth.outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, AnEstimateKeepsNobodyOutForLong) {
  ledger_.set_overhead(40 * kUnit);
  Client& client = asks(40 * kUnit);
  queue_.serve();
  EXPECT_FALSE(client.outcome);
  clock_.now_us += 2'000'000;
  queue_.serve();
  EXPECT_EQ(client.outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, WhileTheResidentSetIsFarBeyondTheLimitOneAtATimePassesTheEstimate) {
  ledger_.set_overhead(60 * kUnit);
  ledger_.set_resident(2 * kLimit);
  Client& first = asks(30 * kUnit);
  Client& second = asks(10 * kUnit);
  clock_.now_us += 2'000'000;
  queue_.serve();
  EXPECT_EQ(first.outcome, Outcome::kTaken);
  clock_.now_us += 2'000'000;
  queue_.serve();
  EXPECT_FALSE(second.outcome);
  gives_back(first);
  EXPECT_EQ(second.outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, LargeRequestsTakeAtMostHalf) {
  Client& first = sends(20 * kUnit);
  EXPECT_EQ(first.outcome, Outcome::kTaken);
  Client& second = sends(20 * kUnit);
  EXPECT_FALSE(second.outcome);
  EXPECT_FALSE(queue_.waited_for());
  EXPECT_EQ(queue_.wanted(), 20 * kUnit);
  EXPECT_GT(queue_.room(), 0u);
  EXPECT_EQ(asks(10 * kUnit).outcome, Outcome::kTaken);  // others do not wait for the share of the requests
  gives_back(first);
  EXPECT_EQ(second.outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, ALargeRequestAloneTakesMoreThanHalf) {
  EXPECT_EQ(sends(45 * kUnit).outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, ALargeRequestIsPassedForHalfASecond) {
  Client& value = asks(40 * kUnit);
  Client& request = sends(30 * kUnit);
  EXPECT_FALSE(request.outcome);
  EXPECT_FALSE(queue_.waited_for());
  EXPECT_EQ(asks(5 * kUnit).outcome, Outcome::kTaken);
  clock_.now_us += 1'000'000;
  EXPECT_TRUE(queue_.waited_for());
  Client& later = asks(5 * kUnit);
  EXPECT_FALSE(later.outcome);
  gives_back(value);
  EXPECT_EQ(request.outcome, Outcome::kTaken);
  EXPECT_EQ(later.outcome, Outcome::kTaken);
}

TEST_F(MemoryQueueTest, ALoweredLimitLeavesNobodyWaiting) {
  Client& first = asks(40 * kUnit);
  Client& second = asks(40 * kUnit);
  ledger_.set_limit(kLimit / 2);
  gives_back(first);
  EXPECT_EQ(second.outcome, Outcome::kTaken);
  EXPECT_EQ(second.charge.bytes(), queue_.most());
}

TEST_F(MemoryQueueTest, WithoutALimitNobodyWaits) {
  ledger_.set_limit(0);
  EXPECT_EQ(asks(std::uint64_t{1} << 40).outcome, Outcome::kTaken);
  EXPECT_GT(queue_.room(), std::uint64_t{1} << 40);
}

}  // namespace
}  // namespace terrace::storage
