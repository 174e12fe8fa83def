// The tree of large sorted sets against a model: order, ranks, the index of members, and what is counted of its memory.
#include "src/types/encoding/score_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "src/types/object_decoder.h"
#include "storage/record/record.h"

namespace terrace::types {
namespace {

using Element = std::pair<double, std::string>;

class ModelOfScores {
 public:
  bool set(const Element& element) {
    const auto at = scores_.find(element.second);
    const bool is_new = at == scores_.end();
    if (!is_new) elements_.erase({at->second, element.second});
    elements_.insert(element);
    scores_[element.second] = element.first;
    return is_new;
  }
  bool erase(const std::string& member) {
    const auto at = scores_.find(member);
    if (at == scores_.end()) return false;
    elements_.erase({at->second, member});
    scores_.erase(at);
    return true;
  }
  const std::set<Element>& elements() const { return elements_; }
  const std::map<std::string, double>& scores() const { return scores_; }

 private:
  std::set<Element> elements_;
  std::map<std::string, double> scores_;
};

void expect_same(const ScoreTree& tree, const ModelOfScores& model) {
  ASSERT_EQ(tree.size(), model.elements().size());
  std::vector<Element> forward, backward;
  tree.forward(0, [&](const ScoredMember& element) {
    forward.emplace_back(element.score, element.member);
    return true;
  });
  tree.backward(tree.size() - 1, [&](const ScoredMember& element) {
    backward.emplace_back(element.score, element.member);
    return true;
  });
  EXPECT_TRUE(std::equal(forward.begin(), forward.end(), model.elements().begin(), model.elements().end()));
  EXPECT_TRUE(std::equal(backward.begin(), backward.end(), model.elements().rbegin(), model.elements().rend()));
  std::map<std::string, double> scanned;
  std::uint64_t cursor = 0;
  do {
    cursor = tree.scan(cursor, [&](const ScoredMember& element) {
      EXPECT_TRUE(scanned.emplace(element.member, element.score).second);
    });
  } while (cursor != 0);
  EXPECT_EQ(scanned, model.scores());
  std::size_t rank = 0;
  for (const auto& [score, member] : model.elements()) {
    ASSERT_EQ(tree.find(member), score);
    ASSERT_EQ(tree.rank({score, member}), rank);
    if (rank % 7 == 0) {
      const auto tell = [&wanted = member](const ScoredMember& element) {
        EXPECT_EQ(element.member, wanted);
        return false;
      };
      tree.forward(rank, tell);
      tree.backward(rank, tell);
    }
    ++rank;
  }
}

std::string image_of(const ScoreTree& tree, std::size_t budget) {
  std::string image;
  std::uint64_t cursor = 0;
  do {
    cursor = tree.encode(image, cursor, budget);
  } while (cursor != 0);
  EXPECT_LE(image.size(), tree.image_size_bound());
  return image;
}

TEST(ScoreTree, RandomChangesFollowAModel) {
  for (const unsigned scores : {1u, 20u, 1000000u}) {
    std::mt19937 random(scores);
    ScoreTree tree(200, 4);
    ModelOfScores model;
    for (int step = 0; step < 12000; ++step) {
      // It grows, shrinks to nothing and grows again.
      const bool growing = step % 5000 < 2500;
      std::string member = "m" + std::to_string(random() % 700);
      if (member.back() == '7') member += std::string(random() % 2 ? 60 : 300, 'x');
      if (random() % 10 < (growing ? 8u : 1u)) {
        const Element element(std::ldexp(static_cast<double>(random() % scores) - 5, static_cast<int>(random() % 3)),
                              member);
        EXPECT_EQ(tree.set({element.first, element.second}), model.set(element));
      } else if (growing || model.elements().empty()) {
        EXPECT_EQ(tree.erase(member), model.erase(member));
      } else {
        member = model.elements().begin()->second;
        EXPECT_TRUE(tree.erase(member) && model.erase(member));
      }
      if (step % 500 == 499) {
        expect_same(tree, model);
        const auto decoded =
            model.elements().empty()
                ? Result<storage::ObjectPointer>(std::make_unique<ScoreTree>())
                : object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, image_of(tree, 100));
        ASSERT_TRUE(decoded.ok());
        expect_same(static_cast<const ScoreTree&>(**decoded), model);
      }
    }
    while (!model.elements().empty()) {
      const std::string member = model.elements().rbegin()->second;
      EXPECT_TRUE(tree.erase(member) && model.erase(member));
    }
    EXPECT_EQ(tree.size(), 0u);
    EXPECT_LT(tree.footprint_bytes(), 2000u);
  }
}

TEST(ScoreTree, CountsWhatComesBeforeABound) {
  ScoreTree tree(200, 4);
  for (int i = 0; i < 500; ++i) tree.set({static_cast<double>(i % 100), "member" + std::to_string(i)});
  for (int bound = -1; bound <= 101; ++bound) {
    const auto expected = static_cast<std::size_t>(std::clamp(bound * 5, 0, 500));
    EXPECT_EQ(tree.count_first([&](double score, const auto&) { return score < bound; }), expected);
  }
}

TEST(ScoreTree, WhatComesInOrderIsPackedTight) {
  ScoreTree ascending, scattered;
  std::mt19937 random(2);
  std::vector<int> numbers(100000);
  for (int i = 0; i < 100000; ++i) numbers[static_cast<std::size_t>(i)] = i;
  const auto add = [](ScoreTree& tree, int number) {
    tree.set({number + 0.123456789, "member:" + std::to_string(1000000 + number)});
  };
  for (const int number : numbers) add(ascending, number);
  std::shuffle(numbers.begin(), numbers.end(), random);
  for (const int number : numbers) add(scattered, number);
  EXPECT_LT(ascending.footprint_bytes(), 40u * 100000);
  EXPECT_LT(scattered.footprint_bytes(), 42u * 100000);
}

TEST(ScoreTree, IsFreedInSteps) {
  ScoreTree tree;
  for (int i = 0; i < 20000; ++i) tree.set({0.5 * i, "member" + std::to_string(i) + std::string(i % 400, 'x')});
  unsigned steps = 1;
  while (!tree.discard(64 * 1024)) ++steps;
  EXPECT_GT(steps, 20u);
  EXPECT_EQ(tree.footprint_bytes(), sizeof(ScoreTree));
}

TEST(ScoreTree, OtherBytesAreNoImage) {
  using namespace std::string_literals;
  const std::string one = "\1a\0\0\0\0\0\0\xF0\x3F"s, nan = "\1b\0\0\0\0\0\0\xF8\x7F"s;
  EXPECT_TRUE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\1" + one).ok());
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\2" + one + one).ok());
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\2" + one + nan).ok());
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\1" + one + "x").ok());
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\2" + one).ok());
  EXPECT_FALSE(object_decoder().decode(storage::ValueType::kSortedSet, storage::kNoExpiry, "\0"s).ok());
}

TEST(Score, IsReadAndWrittenAsRedisDoes) {
  EXPECT_EQ(parse_score("1.5"), 1.5);
  EXPECT_EQ(parse_score("-inf"), -std::numeric_limits<double>::infinity());
  for (const char* bad : {"", " 1", "1 ", "nan", "abc", "1e400", "1x"}) EXPECT_FALSE(parse_score(bad)) << bad;
  EXPECT_EQ(parse_score_bound(""), 0);
  EXPECT_EQ(parse_score_bound(" 2"), 2);
  EXPECT_FALSE(parse_score_bound("nan"));
  for (const auto& [score, text] : std::map<double, std::string>{{3, "3"},
                                                                 {-0.5, "-0.5"},
                                                                 {0.1, "0.10000000000000001"},
                                                                 {1e20, "1e+20"},
                                                                 {-std::numeric_limits<double>::infinity(), "-inf"}}) {
    EXPECT_EQ(ScoreText(score).view(), text);
  }
  EXPECT_EQ(parse_score("0x10"), 16);
  EXPECT_EQ(parse_score("1e-320"), 1e-320);
  EXPECT_EQ(ScoreText(1e18).view(), "1000000000000000000");
  EXPECT_EQ(ScoreText(1e18, ScoreText::Integers::kAsOthers).view(), "1e+18");
}

TEST(Score, PacksWithoutLoss) {
  for (const double score : {0.0, 1.0, -1.0, 0.1, 1e300, 5e-324, 12345678.0, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(PackedScore::unpack(PackedScore(score).view()), score);
  }
  EXPECT_TRUE(std::signbit(PackedScore::unpack(PackedScore(-0.0).view())));
  EXPECT_EQ(PackedScore(0).view().size(), 0u);
  EXPECT_LE(PackedScore(1000000).view().size(), 4u);
}

}  // namespace
}  // namespace terrace::types
