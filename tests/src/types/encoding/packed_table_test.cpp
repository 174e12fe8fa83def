#include "src/types/encoding/packed_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "src/types/encoding/random.h"
#include "src/types/object_decoder.h"
#include "storage/record/record.h"

namespace terrace::types {
namespace {

using Model = std::map<std::string, std::string>;
using Values = PackedTable::Values;

Model content(const PackedTable& table) {
  Model content;
  table.for_each([&](const PackedTable::Entry& entry) {
    EXPECT_TRUE(content.emplace(entry.name, entry.value).second) << "twice: " << entry.name;
  });
  return content;
}

std::string image_of(const PackedTable& table, std::size_t budget) {
  std::string image;
  std::uint64_t cursor = 0;
  do cursor = table.encode(image, cursor, budget);
  while (cursor != 0);
  EXPECT_LE(image.size(), table.image_size_bound());
  return image;
}

std::string random_text(std::mt19937& random) {
  const std::size_t sizes[] = {0, 1, 3, 8, 8, 8, 20, 20, 60, 253, 254, 255, 256, 257, 1000, 5000};
  return std::string(sizes[random() % std::size(sizes)], static_cast<char>('a' + random() % 26));
}

struct Shape {
  std::uint32_t bucket_bytes;
  std::uint16_t max_node_bytes;
};

class PackedTableTest : public testing::TestWithParam<Shape> {
 protected:
  PackedTable make(Values values = Values::kBytes) {
    return PackedTable(values, GetParam().bucket_bytes, GetParam().max_node_bytes);
  }
};

TEST_P(PackedTableTest, RandomChangesFollowAModel) {
  std::mt19937 random(11);
  PackedTable table = make();
  Model model;
  storage::Statistics statistics;
  statistics.record_memory_bytes = statistics.dirty_memory_bytes = table.footprint_bytes();
  table.count_in(statistics);
  for (int step = 0; step < 40000; ++step) {
    // Grows, shrinks, grows again.
    const bool growing = step / 8000 % 2 == 0;
    std::string name = "name:" + std::to_string(random() % 3000);
    if (random() % 50 == 0) name += std::string(250 + random() % 10, 'n');
    if (random() % 10 < (growing ? 8u : 2u)) {
      const std::string value = random_text(random);
      EXPECT_EQ(table.set(name, value), model.insert_or_assign(name, value).second);
    } else {
      EXPECT_EQ(table.erase(name), model.erase(name) == 1);
    }
    ASSERT_EQ(table.size(), model.size());
    const auto found = table.find(name);
    const auto expected = model.find(name);
    ASSERT_EQ(found.has_value(), expected != model.end());
    if (found) {
      ASSERT_EQ(*found, expected->second);
    }
  }
  EXPECT_EQ(content(table), model);
  // All its memory was counted, and nothing else.
  EXPECT_EQ(statistics.record_memory_bytes, table.footprint_bytes());
  EXPECT_EQ(statistics.dirty_memory_bytes, table.footprint_bytes());
  for (const auto& [name, value] : model) EXPECT_TRUE(table.erase(name));
  EXPECT_TRUE(table.empty());
  EXPECT_LT(table.footprint_bytes(), sizeof(PackedTable) + 256);
}

TEST_P(PackedTableTest, ImageReadsBack) {
  std::mt19937 random(12);
  PackedTable table = make();
  Model model;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = std::to_string(random() % 5000);
    const std::string value = i % 3 ? random_text(random) : std::to_string(static_cast<int>(random()));
    table.set(name, value);
    model[name] = value;
  }
  const std::string image = image_of(table, 1);
  EXPECT_EQ(image, image_of(table, ~std::size_t{0}));
  Result<storage::ObjectPointer> again = object_decoder().decode(storage::ValueType::kHash, storage::kNoExpiry, image);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(content(static_cast<PackedTable&>(**again)), model);
  for (std::size_t size = 0; size < 200; ++size) {
    EXPECT_FALSE(object_decoder()
                     .decode(storage::ValueType::kHash, storage::kNoExpiry, image.substr(0, image.size() * size / 200))
                     .ok());
  }
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kHash, storage::kNoExpiry, image + "x").ok());
}

TEST_P(PackedTableTest, NamesWithoutValues) {
  PackedTable table = make(Values::kNone);
  std::set<std::string> model;
  for (int i = 0; i < 3000; ++i) {
    const std::string name = std::string(i % 100 == 0 ? 300 : 0, 'l') + std::to_string(i);
    EXPECT_TRUE(table.set(name, {}));
    EXPECT_FALSE(table.set(name, {}));
    model.insert(name);
  }
  Result<storage::ObjectPointer> again =
      object_decoder().decode(storage::ValueType::kSet, storage::kNoExpiry, image_of(table, 100));
  ASSERT_TRUE(again.ok());
  for (const std::string& name : model) EXPECT_EQ(static_cast<PackedTable&>(**again).find(name), "");
  EXPECT_EQ(static_cast<PackedTable&>(**again).size(), model.size());
}

// Every name that stays is shown exactly once, whatever changes between the steps.
TEST_P(PackedTableTest, ScanShowsWhatStaysOnce) {
  for (const bool growing : {true, false}) {
    std::mt19937 random(13);
    PackedTable table = make();
    for (int i = 0; i < 300; ++i) table.set("stays:" + std::to_string(i), "value");
    for (int i = 0; i < (growing ? 0 : 5000); ++i) table.set("goes:" + std::to_string(i), "value");
    std::map<std::string, int> seen;
    std::uint64_t cursor = 0;
    int changed = 0;
    do {
      cursor = table.scan(cursor, [&](const PackedTable::Entry& entry) { ++seen[std::string(entry.name)]; });
      for (int i = 0; i < 20 && changed < 5000; ++i, ++changed) {
        const std::string name = "goes:" + std::to_string(changed);
        growing ? static_cast<void>(table.set(name, "value")) : static_cast<void>(table.erase(name));
      }
    } while (cursor != 0);
    for (int i = 0; i < 300; ++i) EXPECT_EQ(seen["stays:" + std::to_string(i)], 1) << i;
    for (const auto& [name, times] : seen) EXPECT_LE(times, 1) << name;
  }
}

TEST_P(PackedTableTest, RandomEntriesAreEquallyLikely) {
  PackedTable table = make();
  for (int i = 0; i < 100; ++i) table.set(std::to_string(i), "value");
  Random random(14);
  std::map<std::string, int> drawn;
  constexpr int kDraws = 100000;
  for (int i = 0; i < kDraws; ++i) ++drawn[std::string(table.random_entry(random).name)];
  ASSERT_EQ(drawn.size(), 100u);
  for (const auto& [name, times] : drawn) EXPECT_NEAR(times, kDraws / 100.0, 200) << name;
}

TEST_P(PackedTableTest, IsFreedStepByStep) {
  PackedTable table = make();
  for (int i = 0; i < 20000; ++i) table.set("name:" + std::to_string(i), std::string(i % 500, 'v'));
  const std::size_t whole = table.footprint_bytes();
  std::size_t steps = 0, before = whole;
  while (!table.discard(16384)) {
    EXPECT_LT(table.footprint_bytes(), before);
    // A bucket may be several times the mean, and is freed whole; so is half of the pointers to tiny ones.
    EXPECT_LT(before - table.footprint_bytes(),
              std::max<std::size_t>(2 * 16384u + 8 * GetParam().bucket_bytes, whole / 4));
    before = table.footprint_bytes();
    ++steps;
  }
  EXPECT_GT(steps, whole / (2 * 16384 + 8 * GetParam().bucket_bytes));
  EXPECT_EQ(table.footprint_bytes(), sizeof(PackedTable));
}

// Tiny buckets split and merge all the time; in nodes that hold hardly more than one entry there are chains of them.
INSTANTIATE_TEST_SUITE_P(Shapes, PackedTableTest,
                         testing::Values(Shape{640, PackedNode::kMaxNodeBytes}, Shape{40, PackedNode::kMaxNodeBytes},
                                         Shape{4000, 1200}, Shape{20000, 900}));

TEST(PackedTable, TakesFewBytesBesideTheNamesOwn) {
  PackedTable table(Values::kBytes);
  constexpr int kNames = 200000;
  std::size_t bytes = 0;
  for (int i = 0; i < kNames; ++i) {
    const std::string name = "field:" + std::to_string(1000000 + i), value = "value:" + std::to_string(1000000 + i);
    bytes += name.size() + value.size();
    table.set(name, value);
  }
  // Two sizes, a tag, an offset, the share in its node and in what the allocator rounds up.
  EXPECT_LT(table.footprint_bytes(), bytes + 14 * kNames);
}

}  // namespace
}  // namespace terrace::types
