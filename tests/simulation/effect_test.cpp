#include "tests/simulation/effect.h"

#include <gtest/gtest.h>

namespace terrace::simulation {
namespace {

Entry example() {
  return {7,
          {{.kind = Effect::Kind::kSet, .database = 1, .amount = 12, .key = "k", .value = std::string("a\0b", 3)},
           {.kind = Effect::Kind::kSwap, .database = 0, .amount = 2}}};
}

TEST(EffectTest, AnEntryComesBackAsItWas) {
  const std::string bytes = encode(example()) + "rest";
  const Decoded decoded = decode(bytes);
  ASSERT_EQ(decoded.state, Decoded::State::kWhole);
  EXPECT_EQ(decoded.size, bytes.size() - 4);
  EXPECT_EQ(decoded.entry.id, 7u);
  ASSERT_EQ(decoded.entry.effects.size(), 2u);
  EXPECT_EQ(decoded.entry.effects[0].value, std::string("a\0b", 3));
  EXPECT_EQ(decoded.entry.effects[1].kind, Effect::Kind::kSwap);
}

TEST(EffectTest, AnEntrysHeadTellsWhereItEnds) {
  for (const bool begins : {false, true}) {
    for (const bool ends : {false, true}) {
      Entry entry = example();
      entry.begins_unit = begins;
      entry.ends_unit = ends;
      const std::string bytes = encode(entry);
      const EntryHead head(std::string_view(bytes).substr(0, EntryHead::kSize));
      EXPECT_EQ(head.size, bytes.size());
      EXPECT_EQ(head.begins_unit, begins);
      EXPECT_EQ(head.ends_unit, ends);
      EXPECT_EQ(decode(bytes).entry.begins_unit, begins);
      EXPECT_EQ(decode(bytes).entry.ends_unit, ends);
    }
  }
}

TEST(EffectTest, EveryPrefixIsIncompleteAndEveryFlippedByteOfTheBodyIsSeen) {
  const std::string bytes = encode(example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(decode(bytes.substr(0, size)).state, Decoded::State::kIncomplete);
  }
  for (std::size_t at = 12; at < bytes.size(); ++at) {
    std::string bad = bytes;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    EXPECT_EQ(decode(bad).state, Decoded::State::kBroken);
  }
}

TEST(EffectTest, WhatEffectsMakeOfValues) {
  const Value old{"abc", storage::Encoding::kEmbedded, 5};
  EXPECT_EQ(apply({.kind = Effect::Kind::kAppend, .value = "d"}, &old)->bytes, "abcd");
  EXPECT_EQ(apply({.kind = Effect::Kind::kAppend, .value = "d"}, &old)->expiry_ms, 5);
  EXPECT_EQ(apply({.kind = Effect::Kind::kPatch, .amount = 2, .value = "xyz"}, &old)->bytes, "abx");
  EXPECT_EQ(apply({.kind = Effect::Kind::kExpire, .amount = 9}, &old)->expiry_ms, 9);
  const Value timed = *apply({.kind = Effect::Kind::kExpireParts, .amount = 7}, &old);
  EXPECT_EQ(timed.parts_expiry_ms, 7);
  EXPECT_TRUE(timed.parts_expired(7));
  EXPECT_FALSE(timed.parts_expired(6));
  EXPECT_EQ(apply({.kind = Effect::Kind::kAppend, .value = "d"}, &timed)->parts_expiry_ms, 7);
  EXPECT_EQ(apply({.kind = Effect::Kind::kAdd, .amount = 1}, &timed)->parts_expiry_ms, 7);
  EXPECT_EQ(apply({.kind = Effect::Kind::kSet, .value = "d"}, &timed)->parts_expiry_ms, storage::kNoExpiry);
  const auto one = apply({.kind = Effect::Kind::kAdd, .amount = 1}, &old);
  const auto three = apply({.kind = Effect::Kind::kAdd, .amount = 2}, &*one);
  EXPECT_EQ(three->bytes, std::string("\3\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(three->encoding, storage::Encoding::kInteger);
  EXPECT_FALSE(apply({.kind = Effect::Kind::kExpire, .amount = 9}, nullptr).has_value());
}

}  // namespace
}  // namespace terrace::simulation
