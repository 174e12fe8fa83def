// Packed nodes of streams: every listpack comes back bit for bit or is not packed; what they take.
#include "src/types/stream/packed_stream_node.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "src/types/stream/stream.h"

namespace terrace::types {
namespace {

std::string random_text(std::mt19937& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& each : text) each = static_cast<char>(random());
  return text;
}

// Words, integers of all sizes, and digits that are no integers.
std::string any_text(std::mt19937& random) {
  switch (random() % 5) {
    case 0:
      return std::to_string(static_cast<std::int64_t>(random()) << random() % 33);
    case 1:
      return "-" + std::to_string(random() % 1000);
    case 2:
      return "00" + std::to_string(random() % 100);
    case 3:
      return random_text(random, random() % 300);
    default:
      return "word";
  }
}

StreamId next_id(std::mt19937& random, const StreamId& id) {
  switch (random() % 4) {
    case 0:
      return {id.ms + 1 + random() % 3000, 0};
    case 1:
      return {id.ms + (std::uint64_t{random()} << random() % 20), id.sequence + 1 + random() % 5};
    case 2:
      return {id.ms + 1, random()};
    default:
      return {id.ms, id.sequence + 1};
  }
}

struct Made {
  StreamId id;
  std::string listpack;
};

// A node of some entries, a few of them deleted and a few with other fields.
Made any_node(std::mt19937& random) {
  Stream owner;
  const std::vector<std::string> names = {any_text(random), any_text(random)};
  StreamId id = {random() % 5 == 0 ? 0 : std::uint64_t{random()} << 8, 1 + random() % 3};
  std::vector<StreamId> ids;
  StreamNode node;
  for (auto count = 1 + random() % 60; count > 0; --count, id = next_id(random, id)) {
    std::vector<std::string> texts;
    for (unsigned i = 0; i < (random() % 8 == 0 ? 3u : 2u); ++i) {
      texts.push_back(i < names.size() ? names[i] : any_text(random));
      texts.push_back(random() % 3 == 0 ? any_text(random) : random_text(random, 9));
    }
    const std::vector<std::string_view> pairs(texts.begin(), texts.end());
    if (ids.empty()) node = StreamNode::begun(id, pairs, owner);
    node.append(id, pairs, owner);
    ids.push_back(id);
  }
  for (const StreamId& each : ids) {
    if (random() % 10 != 0 || node.live() == 1) continue;
    std::size_t place = node.view().begin();
    while (node.view().entry(place).id != each) place = node.view().behind(node.view().entry(place));
    node.mark_deleted(place, owner);
  }
  Made made{node.id, std::string(node.text())};
  node.free(owner);
  return made;
}

TEST(PackedStreamNodeTest, ListpacksComeBackBitForBit) {
  std::mt19937 random(1);
  unsigned packed_nodes = 0;
  constexpr unsigned kNodes = 3000;
  for (unsigned i = 0; i < kNodes; ++i) {
    const Made node = any_node(random);
    const auto packed = PackedStreamNode::pack(node.id, node.listpack);
    if (!packed) continue;
    ++packed_nodes;
    EXPECT_LE(packed->size() + packed->size() / 8, node.listpack.size());
    std::string again(node.listpack.size(), '\0');
    ASSERT_TRUE(PackedStreamNode::unpack(node.id, *packed, again)) << i;
    ASSERT_EQ(again, node.listpack) << i;
    const StreamNodeView view(node.id, node.listpack);
    EXPECT_EQ(PackedStreamNode::live(*packed), view.live());
    EXPECT_EQ(PackedStreamNode::last_id(node.id, *packed), view.last_id());
  }
  EXPECT_GT(packed_nodes, kNodes / 2);
}

// A small integer in a wider encoding is the same value in other bytes, as another program may write it.
TEST(PackedStreamNodeTest, WhatIsSaidInOtherWordsIsNotPacked) {
  Stream owner;
  const StreamId id = {1, 0};
  const std::vector<std::string_view> pairs = {"field", "5000"};
  StreamNode node = StreamNode::begun(id, pairs, owner);
  for (std::uint64_t i = 0; i < 50; ++i) node.append({1, i}, pairs, owner);
  std::string listpack(node.text());
  node.free(owner);
  ASSERT_TRUE(PackedStreamNode::pack(id, listpack));
  const std::size_t place = listpack.rfind("\xF1\x88\x13\x03");
  ASSERT_NE(place, std::string::npos);
  listpack[place + 1] = 100;
  listpack[place + 2] = 0;
  StreamId floor;
  ASSERT_TRUE(StreamNodeView::valid(id, listpack, floor));
  EXPECT_FALSE(PackedStreamNode::pack(id, listpack));
}

struct Filled {
  static constexpr std::uint64_t kEntries = 20000;
  static constexpr std::size_t kValue = 16;

  template <typename MakeValue>
  explicit Filled(const MakeValue& make_value) {
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      const std::string value = make_value();
      const std::vector<std::string_view> pairs = {"f", value};
      stream.append(id_of(i), pairs, {});
    }
  }
  static StreamId id_of(std::uint64_t i) { return {1'700'000'000'000 + i / 7, i % 7}; }
  double bytes_an_entry() const {
    return static_cast<double>(stream.footprint_bytes()) / static_cast<double>(stream.size());
  }

  Stream stream;
};

TEST(PackedStreamNodeTest, AnEntryTakesLittleBesideItsValue) {
  std::mt19937 random(2);
  Filled filled([&] { return random_text(random, Filled::kValue); });
  EXPECT_LT(filled.bytes_an_entry(), Filled::kValue + 3.0);
  // Changes all over the stream leave only one node unpacked.
  std::uint64_t gone = 0;
  for (std::uint64_t i = 0; i < Filled::kEntries; i += 50, ++gone) {
    ASSERT_TRUE(filled.stream.erase(Filled::id_of(i * 7919 % Filled::kEntries)));
  }
  EXPECT_EQ(filled.stream.size(), Filled::kEntries - gone);
  EXPECT_LT(filled.bytes_an_entry(), Filled::kValue + 4.0);
}

TEST(PackedStreamNodeTest, WhatCompressesTakesLess) {
  std::mt19937 random(3);
  const Filled filled([&] { return std::string(random() % 2 == 0 ? "temperature ok  " : "pressure too low"); });
  EXPECT_LT(filled.bytes_an_entry(), Filled::kValue / 2.0);
}

// The listpack that was unpacked last is kept for the next read; it must be that node's.
TEST(PackedStreamNodeTest, TheNodeThatIsLookedAtIsTheOneAskedFor) {
  std::mt19937 random(4);
  Filled filled([&] { return random_text(random, Filled::kValue); });
  const std::vector<std::string_view> pairs = {"f", "other"};
  for (unsigned round = 0; round < 3000; ++round) {
    const std::uint64_t outer = random() % Filled::kEntries, inner = random() % Filled::kEntries;
    filled.stream.forward(Filled::id_of(outer), StreamId::greatest(),
                          [&](const StreamEntry& entry, const StreamNodeView& node) {
                            const std::size_t size = entry.fields;
                            const bool there = filled.stream.contains(Filled::id_of(inner));
                            std::size_t told = 0;
                            node.each_field(entry, [&](std::string_view field, std::string_view value) {
                              EXPECT_EQ(field, "f");
                              EXPECT_EQ(value.size(), Filled::kValue);
                              ++told;
                            });
                            EXPECT_EQ(told, size);
                            EXPECT_EQ(there, filled.stream.contains(Filled::id_of(inner)));
                            return false;
                          });
    const bool there = filled.stream.contains(Filled::id_of(inner));
    EXPECT_EQ(filled.stream.erase(Filled::id_of(inner)), there);
    EXPECT_FALSE(filled.stream.contains(Filled::id_of(inner)));
  }
}

}  // namespace
}  // namespace terrace::types
