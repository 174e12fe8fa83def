// The oracle must refuse what a store may not do, or the simulation proves nothing.
#include "tests/simulation/oracle.h"

#include <gtest/gtest.h>

namespace terrace::simulation {
namespace {

constexpr std::int64_t kNow = 1000;

Effect set(const std::string& key, const std::string& value, std::int64_t expiry_ms = storage::kNoExpiry) {
  return {.kind = Effect::Kind::kSet, .amount = expiry_ms, .key = key, .value = value};
}
Effect append(const std::string& key, const std::string& value) {
  return {.kind = Effect::Kind::kAppend, .key = key, .value = value};
}
Effect erase(const std::string& key) {
  return {.kind = Effect::Kind::kDelete, .key = key};
}
Model after(const std::vector<Effect>& effects) {
  Model model(1);
  for (const Effect& effect : effects) model.apply(effect);
  return model;
}

struct OracleTest : testing::Test {
  void SetUp() override {
    oracle.issue(10, 0, {set("a", "1")});
    oracle.issue(20, 0, {append("a", "2"), set("b", "1")});  // a transaction
    oracle.issue(30, 0, {erase("b")});
    oracle.issue(40, 0, {append("a", "3")});
    oracle.promise(20);
  }
  bool accepts(const std::vector<Effect>& effects) { return !oracle.recover(after(effects), kNow).has_value(); }
  Oracle oracle{1};
};

TEST_F(OracleTest, AcceptsWhatWasPromised) {
  EXPECT_TRUE(accepts({set("a", "12"), set("b", "1")}));
}
TEST_F(OracleTest, AcceptsAPrefixBeyondIt) {
  EXPECT_TRUE(accepts({set("a", "12")}));
}
TEST_F(OracleTest, AcceptsAllThatWasIssued) {
  EXPECT_TRUE(accepts({set("a", "123")}));
}
TEST_F(OracleTest, RefusesLossOfAPromise) {
  EXPECT_FALSE(accepts({set("a", "1")}));
}
TEST_F(OracleTest, RefusesHalfATransaction) {
  EXPECT_FALSE(accepts({set("a", "1"), set("b", "1")}));
}
TEST_F(OracleTest, RefusesAChangeWithoutTheOneBefore) {
  EXPECT_FALSE(accepts({set("a", "123"), set("b", "1")}));
}
TEST_F(OracleTest, RefusesADoubledChange) {
  EXPECT_FALSE(accepts({set("a", "1233")}));
}
TEST_F(OracleTest, RefusesAKeyFromNowhere) {
  EXPECT_FALSE(accepts({set("a", "123"), set("c", "")}));
}

TEST_F(OracleTest, WhatWasRecoveredIsPromisedFromThenOn) {
  ASSERT_TRUE(accepts({set("a", "12")}));
  EXPECT_FALSE(accepts({set("a", "12"), set("b", "1")}));  // the deleted key comes back
  EXPECT_TRUE(accepts({set("a", "12")}));
}

TEST_F(OracleTest, ExpiredKeysMayBeMissingButNotDiffer) {
  oracle.issue(50, 0, {set("e", "1", kNow - 1), set("l", "1", kNow + 1)});
  oracle.promise_all();
  EXPECT_FALSE(accepts({set("a", "123"), set("l", "1", kNow + 1), set("e", "2", kNow - 1)}));
  EXPECT_FALSE(accepts({set("a", "123"), set("e", "1", kNow - 1)}));
  EXPECT_TRUE(accepts({set("a", "123"), set("l", "1", kNow + 1)}));
}

TEST_F(OracleTest, KnowsWhereAKeyLastChanged) {
  EXPECT_EQ(oracle.last_change(0, "a"), 40u);
  EXPECT_EQ(oracle.last_change(0, "b"), 30u);
  EXPECT_EQ(oracle.last_change(0, "c"), 0u);
}

TEST_F(OracleTest, FlushesAndSwapsAreChangesLikeOthers) {
  oracle.issue(50, 0, {{.kind = Effect::Kind::kFlush}});
  oracle.promise(50);
  EXPECT_EQ(oracle.last_sweep(), 50u);
  EXPECT_FALSE(accepts({set("a", "123")}));
  EXPECT_TRUE(accepts({}));
}

}  // namespace
}  // namespace terrace::simulation
