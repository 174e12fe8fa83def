#include "src/types/list/list_nodes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "src/types/object_decoder.h"
#include "storage/record/record.h"

namespace terrace::types {
namespace {

using Model = std::vector<std::string>;

Model content(const ListNodes& list) {
  Model content;
  for (std::size_t at = 0; at < list.node_count(); ++at) {
    const Listpack node = list.node(at);
    EXPECT_TRUE(Listpack::valid(node.bytes()));
    EXPECT_EQ(node.count(), list.elements_of(at));
    EXPECT_GT(node.count(), 0u);
    for (std::size_t place = node.begin(); place != node.end(); place = node.next(place)) {
      content.emplace_back(ElementText(node.element(place)).view());
    }
  }
  EXPECT_EQ(list.size(), content.size());
  return content;
}

// The node and place of an index.
std::pair<std::size_t, std::size_t> place_of(const ListNodes& list, std::size_t index) {
  std::size_t node = 0;
  for (; index >= list.elements_of(node); ++node) index -= list.elements_of(node);
  return {node, list.node(node).at(static_cast<std::ptrdiff_t>(index))};
}

std::string image_of(const ListNodes& list, std::size_t budget) {
  std::string image;
  std::uint64_t cursor = 0;
  do cursor = list.encode(image, cursor, budget);
  while (cursor != 0);
  EXPECT_LE(image.size(), list.image_size_bound());
  return image;
}

std::string random_text(std::mt19937& random) {
  const std::size_t sizes[] = {0, 1, 3, 8, 8, 20, 60, 300};
  if (random() % 3 == 0) return std::to_string(static_cast<int>(random()));
  const std::size_t size = random() % 100 == 0 ? 20000 : sizes[random() % std::size(sizes)];
  return std::string(size, static_cast<char>('a' + random() % 26));
}

class ListNodesTest : public testing::TestWithParam<std::int64_t> {
 protected:
  ListNodeLimit limit_ = ListNodeLimit::of({.list_max_listpack_size = GetParam()});
};

TEST_P(ListNodesTest, RandomChangesFollowAModel) {
  std::mt19937 random(21);
  ListNodes list;
  Model model;
  storage::Statistics statistics;
  statistics.record_memory_bytes = statistics.dirty_memory_bytes = list.footprint_bytes();
  list.count_in(statistics);
  for (int step = 0; step < 8000; ++step) {
    const std::string text = random_text(random);
    // Grows, shrinks, grows again.
    const bool growing = step / 2000 % 2 == 0;
    const auto what = static_cast<unsigned>(growing ? random() % 8 : 2 + random() % 10);
    if (what == 0 || model.empty()) {
      list.push_back(text, limit_);
      model.push_back(text);
    } else if (what == 1) {
      list.push_front(text, limit_);
      model.insert(model.begin(), text);
    } else if (what < 5) {
      const std::size_t index = random() % model.size();
      const auto [node, place] = place_of(list, index);
      const bool behind = random() % 2 == 0;
      list.insert(node, behind ? list.node(node).next(place) : place, text, limit_);
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(index + behind), text);
    } else if (what < 7) {
      const std::size_t index = random() % model.size();
      const auto [node, place] = place_of(list, index);
      list.replace(node, place, text, limit_);
      model[index] = text;
    } else {
      const std::size_t index = random() % model.size();
      const std::size_t count = std::min<std::size_t>(model.size() - index, 1 + random() % (step % 20 ? 3 : 40));
      const auto [node, place] = place_of(list, index);
      list.erase(node, place, count);
      const auto first = model.begin() + static_cast<std::ptrdiff_t>(index);
      model.erase(first, first + static_cast<std::ptrdiff_t>(count));
    }
    ASSERT_EQ(list.size(), model.size());
    if (step % 100 == 0) {
      ASSERT_EQ(content(list), model);
    }
  }
  EXPECT_EQ(content(list), model);
  EXPECT_EQ(statistics.record_memory_bytes, list.footprint_bytes());
  EXPECT_EQ(statistics.dirty_memory_bytes, list.footprint_bytes());
}

TEST_P(ListNodesTest, NodesKeepToTheLimit) {
  std::mt19937 random(22);
  ListNodes list;
  for (int i = 0; i < 3000; ++i) {
    const std::string text(random() % 100, 'x');
    if (list.size() == 0) {
      list.push_back(text, limit_);
      continue;
    }
    const auto [node, place] = place_of(list, random() % list.size());
    list.insert(node, place, text, limit_);
  }
  for (std::size_t at = 0; at < list.node_count(); ++at) {
    EXPECT_LE(list.node(at).bytes().size(), limit_.bytes);
    EXPECT_LE(list.elements_of(at), limit_.count);
  }
}

TEST_P(ListNodesTest, ImageReadsBack) {
  std::mt19937 random(23);
  ListNodes list;
  for (int i = 0; i < 2000; ++i) list.push_back(random_text(random), limit_);
  const std::string image = image_of(list, 1);
  EXPECT_EQ(image, image_of(list, ~std::size_t{0}));
  Result<storage::ObjectPointer> again = object_decoder().decode(storage::ValueType::kList, storage::kNoExpiry, image);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(content(static_cast<ListNodes&>(**again)), content(list));
  for (std::size_t size = 0; size < 100; ++size) {
    EXPECT_FALSE(object_decoder()
                     .decode(storage::ValueType::kList, storage::kNoExpiry, image.substr(0, image.size() * size / 100))
                     .ok());
  }
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kList, storage::kNoExpiry, image + "x").ok());
}

TEST_P(ListNodesTest, IsFreedStepByStep) {
  ListNodes list;
  for (int i = 0; i < 20000; ++i) list.push_back("element:" + std::to_string(i), limit_);
  std::size_t steps = 0, before = list.footprint_bytes();
  while (!list.discard(16384)) {
    EXPECT_LT(list.footprint_bytes(), before);
    EXPECT_LE(before - list.footprint_bytes(), 16384 + 2 * limit_.bytes);
    before = list.footprint_bytes();
    ++steps;
  }
  EXPECT_GT(steps, 3u);
  EXPECT_EQ(list.footprint_bytes(), sizeof(ListNodes));
}

INSTANTIATE_TEST_SUITE_P(Limits, ListNodesTest, testing::Values(-2, -5, 0, 1, 5, 100));

TEST(ListNodes, TakesFewBytesBesideTheElementsOwn) {
  ListNodes back, front;
  constexpr int kElements = 100000;
  std::size_t bytes = 0;
  for (int i = 0; i < kElements; ++i) {
    const std::string text = "element:" + std::to_string(1000000 + i);
    bytes += text.size();
    back.push_back(text, ListNodeLimit{});
    front.push_front(text, ListNodeLimit{});
  }
  // Head, tail, and the share in what the allocator rounds up.
  EXPECT_LT(back.footprint_bytes(), bytes + 4 * kElements);
  EXPECT_LT(front.footprint_bytes(), bytes + 4 * kElements);
}

}  // namespace
}  // namespace terrace::types
