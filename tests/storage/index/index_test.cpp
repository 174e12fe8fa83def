#include "storage/index/index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "storage/base/key.h"

namespace terrace::storage {
namespace {

Location location_of(std::uint64_t number) {
  return Location(static_cast<std::uint32_t>(number >> 14) + 1, static_cast<std::uint32_t>(number & 0x3FFF) + 1, 3);
}
IndexEntry cold(std::uint64_t number, std::uint64_t hash) {
  return IndexEntry::cold(location_of(number), ValueType::kString, {.whole = number % 3 == 0}, hash);
}
std::uint64_t hash_of(std::uint64_t number) {
  return Key(std::to_string(number)).hash;
}

Index::Position find(const Index& index, std::uint64_t number) {
  return index.find(hash_of(number), [number](Index::Position at) { return at->location() == location_of(number); });
}

TEST(IndexEntryTest, KeepsEveryPart) {
  IndexEntry entry =
      IndexEntry::cold(Location(kMaxSegments - 1, 0x3FFF, 255), ValueType::kStream, {.whole = true}, ~0ull);
  entry.set_access_count(2);
  EXPECT_TRUE(entry.is_cold());
  EXPECT_TRUE(entry.has_expiry());
  EXPECT_EQ(entry.type(), ValueType::kStream);
  EXPECT_EQ(entry.access_count(), 2u);
  EXPECT_EQ(entry.location(), Location(kMaxSegments - 1, 0x3FFF, 255));
  EXPECT_TRUE(entry.matches(~0ull));
  EXPECT_FALSE(entry.matches(~(1ull << 9)));
  EXPECT_EQ(entry.known_hash(0xFF, 0xFFFF), IndexEntry::kKnownHashMask);
}

TEST(IndexEntryTest, KeepsWhatExpires) {
  for (const bool whole : {false, true}) {
    for (const bool parts : {false, true}) {
      const IndexEntry entry = IndexEntry::cold(location_of(7), ValueType::kHash, {.whole = whole, .parts = parts}, 7);
      EXPECT_TRUE(entry.is_cold());
      EXPECT_EQ(entry.type(), ValueType::kHash);
      EXPECT_EQ(entry.has_expiry(), whole);
      EXPECT_EQ(entry.parts_expire(), parts);
      EXPECT_EQ(entry.location(), location_of(7));
    }
  }
  EXPECT_FALSE(IndexEntry::overwritten(location_of(7), 7).parts_expire());
  EXPECT_FALSE(IndexEntry::witness(7, 7).parts_expire());
}

TEST(IndexTest, FindsWhatWasInsertedThroughManySplits) {
  Index index;
  constexpr std::uint64_t kKeys = 200'000;
  for (std::uint64_t i = 0; i < kKeys; ++i) {
    ASSERT_EQ(index.insert(hash_of(i), cold(i, hash_of(i)))->location(), location_of(i));
  }
  EXPECT_EQ(index.size(), kKeys);
  EXPECT_EQ(index.expiring_count(), (kKeys + 2) / 3);
  for (std::uint64_t i = 0; i < kKeys; ++i) ASSERT_TRUE(find(index, i)) << i;
  EXPECT_FALSE(find(index, kKeys + 1));
}

TEST(IndexTest, StaysBelowSixteenBytesAKey) {
  Index index;
  double worst = 0;
  for (std::uint64_t i = 0; i < 600'000; ++i) {
    index.insert(hash_of(i), cold(i, hash_of(i)));
    // Chunks count whole, so that a small table is no measure.
    if (i > 100'000) worst = std::max(worst, static_cast<double>(index.memory_bytes()) / static_cast<double>(i + 1));
  }
  EXPECT_LE(worst, 16.0);
}

TEST(IndexTest, EraseGivesOverflowBucketsBack) {
  Index index;
  for (std::uint64_t i = 0; i < 50'000; ++i) index.insert(hash_of(i), cold(i, hash_of(i)));
  const std::uint64_t memory = index.memory_bytes();
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < 50'000; ++i) index.erase(hash_of(i), find(index, i));
    EXPECT_EQ(index.size(), 0u);
    EXPECT_EQ(index.expiring_count(), 0u);
    for (std::uint64_t i = 0; i < 50'000; ++i) index.insert(hash_of(i), cold(i, hash_of(i)));
  }
  EXPECT_EQ(index.memory_bytes(), memory);
  for (std::uint64_t i = 0; i < 50'000; ++i) ASSERT_TRUE(find(index, i));
}

TEST(IndexTest, HashOrderShowsEveryStayingKeyOnceWhileTheTableGrows) {
  Index index;
  for (std::uint64_t i = 0; i < 5'000; ++i) index.insert(hash_of(i), cold(i, hash_of(i)));
  std::map<std::uint64_t, int> seen;
  std::uint64_t added = 1'000'000;
  std::uint32_t cursor = 0;
  do {
    index.visit_chain(index.chain_at(cursor),
                      [&seen](IndexEntry& entry, std::uint64_t) { ++seen[entry.location().bits()]; });
    cursor = index.next_cursor(cursor);
    for (int i = 0; i < 20; ++i, ++added) index.insert(hash_of(added), cold(added, hash_of(added)));
  } while (cursor != 0);
  for (std::uint64_t i = 0; i < 5'000; ++i) ASSERT_EQ(seen[location_of(i).bits()], 1) << i;
  for (const auto& [bits, times] : seen) ASSERT_EQ(times, 1);
}

// Records what it is shown, and that nothing is shown twice.
class Recorder final : public ChainObserver {
 public:
  void capture(Index& index, std::uint32_t chain) override {
    EXPECT_TRUE(chains.insert(chain).second) << "chain captured twice";
    index.visit_chain(chain, [this](IndexEntry& entry, std::uint64_t) { entries.insert(entry.location().bits()); });
  }
  std::set<std::uint32_t> chains;
  std::multiset<std::uint64_t> entries;
};

TEST(IndexTest, ACutShowsTheInstantItBegan) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    Index index;
    std::set<std::uint64_t> present;
    for (std::uint64_t i = 0; i < 4'000; ++i) {
      index.insert(hash_of(i), cold(i, hash_of(i)));
      present.insert(i);
    }
    std::multiset<std::uint64_t> expected;
    for (const std::uint64_t i : present) expected.insert(location_of(i).bits());
    Recorder recorder;
    index.begin_cut(recorder);
    std::uint64_t next = 10'000;
    while (!index.advance_cut(static_cast<std::uint32_t>(random() % 40))) {
      for (int i = 0; i < 40; ++i) {
        if (random() % 2 == 0 || present.empty()) {
          index.insert(hash_of(next), cold(next, hash_of(next)));
          present.insert(next++);
        } else {
          const auto victim = present.lower_bound(random() % next);
          if (victim == present.end()) continue;
          index.erase(hash_of(*victim), find(index, *victim));
          present.erase(victim);
        }
      }
    }
    EXPECT_EQ(recorder.entries, expected);
    EXPECT_EQ(index.size(), present.size());
    Recorder second;
    index.begin_cut(second);
    EXPECT_TRUE(index.advance_cut(~0u));
    EXPECT_EQ(second.entries.size(), present.size());
  }
}

TEST(IndexTest, ReserveMakesRoomWithoutLosingAnything) {
  Index index;
  index.reserve(100'000);
  const std::uint32_t chains = index.chain_count();
  for (std::uint64_t i = 0; i < 100'000; ++i) index.insert(hash_of(i), cold(i, hash_of(i)));
  EXPECT_EQ(index.chain_count(), chains);
  for (std::uint64_t i = 0; i < 100'000; ++i) ASSERT_TRUE(find(index, i));
}

}  // namespace
}  // namespace terrace::storage
