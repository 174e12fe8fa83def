#include "storage/checkpoint/entry_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace terrace::storage {
namespace {

using Plain = std::pair<std::uint64_t, std::uint64_t>;

std::vector<Plain> sorted(std::vector<Plain> items) {
  std::sort(items.begin(), items.end());
  return items;
}

// What comes back of a group; empty if it is refused.
std::vector<Plain> unpacked(std::string_view bytes, std::size_t count) {
  std::vector<Plain> items;
  for (const EntryGroup::Item& item : EntryGroup::unpack(bytes, count)) {
    items.emplace_back(item.known_hash, item.entry.bits());
  }
  return sorted(items);
}

class RandomEntries {
 public:
  explicit RandomEntries(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::uint64_t hash() { return random_() & IndexEntry::kKnownHashMask; }
  Location location(std::uint32_t segments = kMaxSegments, std::uint32_t pages = 1u << kPageBits,
                    std::uint32_t slots = 1u << kSlotBits) {
    return Location(static_cast<std::uint32_t>(below(segments)), static_cast<std::uint32_t>(below(pages)),
                    static_cast<std::uint32_t>(below(slots)));
  }
  // Of any kind.
  IndexEntry any(std::uint64_t hash) {
    if (below(8) == 0) return IndexEntry::witness(random_(), hash);
    if (below(8) == 0) return IndexEntry::overwritten(location(), hash);
    const Expires expires{.whole = below(2) == 0, .parts = below(2) == 0};
    IndexEntry entry = IndexEntry::cold(location(), static_cast<ValueType>(below(6)), expires, hash);
    entry.set_access_count(static_cast<unsigned>(below(4)));
    return entry;
  }

 private:
  std::mt19937_64 random_;
};

TEST(EntryGroup, ComesBackWhateverItConsistsOf) {
  RandomEntries random(1);
  for (int round = 0; round < 300; ++round) {
    const std::size_t count = 1 + random.below(round % 3 == 0 ? 5 : EntryGroup::kMostEntries);
    const std::uint64_t narrow = round % 2 == 0 ? IndexEntry::kKnownHashMask : random.hash() & 0xFFFF;
    EntryGroup group;
    std::vector<Plain> expected;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t hash = random.hash() & narrow;  // the same ones among them
      const IndexEntry entry = random.any(hash);
      group.add(hash, entry);
      expected.emplace_back(hash, entry.bits());
    }
    std::string bytes = "before";
    const auto chain_bits = static_cast<unsigned>(random.below(IndexEntry::kKnownHashBits));
    group.pack(bytes, chain_bits);
    EXPECT_EQ(group.size(), 0u);
    ASSERT_EQ(unpacked(std::string_view(bytes).substr(6), count), sorted(expected)) << round;
    if (count == EntryGroup::kMostEntries) {
      EXPECT_LE(bytes.size(), count * EntryGroup::kLargestEntry);
    }
  }
}

TEST(EntryGroup, TheLargestEntriesKeepTheBound) {
  RandomEntries random(2);
  EntryGroup group;
  for (std::size_t i = 0; i < EntryGroup::kMostEntries; ++i) {
    const std::uint64_t hash = i == 0 ? 0 : i == 1 ? IndexEntry::kKnownHashMask : random.hash();
    group.add(hash, IndexEntry::witness(random.below(~0ull), hash));
  }
  std::string bytes;
  group.pack(bytes, 0);
  EXPECT_LE(bytes.size(), EntryGroup::kMostEntries * EntryGroup::kLargestEntry);
}

// Two million keys on a hundred segments, some 14 records a page, walked chain after chain.
TEST(EntryGroup, ALargeIndexTakesAboutSixBytesAnEntry) {
  RandomEntries random(3);
  constexpr unsigned kChainBits = 18;
  EntryGroup group;
  std::string bytes;
  std::size_t count = 0;
  for (std::uint64_t chain = 1000; count < 20 * EntryGroup::kMostEntries; ++chain) {
    for (std::uint64_t left = 5 + random.below(6); left > 0; --left, ++count) {
      const std::uint64_t hash = (random.hash() >> kChainBits << kChainBits) | chain;
      const Location location = random.location(100, 4096, 14);
      group.add(hash, IndexEntry::cold(location, ValueType::kString, {}, hash));
      if (group.full()) group.pack(bytes, kChainBits);
    }
  }
  EXPECT_LT(static_cast<double>(bytes.size()) / static_cast<double>(count), 6.0);
}

TEST(EntryGroup, CutShortOrOfAnotherCountItIsRefused) {
  RandomEntries random(4);
  EntryGroup group;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t hash = random.hash();
    group.add(hash, random.any(hash));
  }
  std::string bytes;
  group.pack(bytes, 10);
  EXPECT_EQ(unpacked(bytes, 100).size(), 100u);
  for (std::size_t size = 0; size + 1 < bytes.size(); ++size) {
    EXPECT_TRUE(unpacked(std::string_view(bytes).substr(0, size), 100).empty()) << size;
  }
  EXPECT_TRUE(unpacked(bytes + '\0', 100).empty());
  EXPECT_TRUE(unpacked(bytes, 0).empty());
  EXPECT_TRUE(unpacked(bytes, 90).empty());
  EXPECT_TRUE(unpacked(bytes, 200).empty());
  EXPECT_TRUE(unpacked(bytes, EntryGroup::kMostEntries + 1).empty());
}

}  // namespace
}  // namespace terrace::storage
