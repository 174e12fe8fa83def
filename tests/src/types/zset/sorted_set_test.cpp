// Sorted sets in a real store: packed and large, spilled and read back, with their memory counted at every step.
#include "src/types/zset/sorted_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/src/types/store_fixture.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::ValueType;
using Scores = std::map<std::string, double>;

class SortedSetTest : public StoreFixture {
 protected:
  SortedSet make(const std::string& name) {
    return {database(), find_or_make(name, ValueType::kSortedSet, Encoding::kListpack, Listpack::empty()), limits_};
  }
  CollectionLimits limits_{.zset_max_listpack_entries = 12, .zset_max_listpack_value = 30};
};

void expect_same(const SortedSetView& view, const Scores& model) {
  std::set<std::pair<double, std::string>> ordered;
  for (const auto& [member, score] : model) ordered.emplace(score, member);
  ASSERT_EQ(view.size(), ordered.size());
  std::size_t rank = 0;
  for (const auto& [score, member] : ordered) {
    const auto tell = [&wanted_member = member, &wanted_score = score](const ScoredMember& element) {
      EXPECT_EQ(element.member, wanted_member);
      EXPECT_EQ(element.score, wanted_score);
      return false;
    };
    view.forward(rank, tell);
    view.backward(rank, tell);
    EXPECT_EQ(view.rank(member), rank++);
    EXPECT_EQ(view.score(member), score);
  }
  EXPECT_FALSE(view.score("nobody") || view.rank("nobody"));
  const std::size_t below = static_cast<std::size_t>(
      std::count_if(ordered.begin(), ordered.end(), [](const auto& element) { return element.first < 3; }));
  EXPECT_EQ(view.count_first([](double score, const auto&) { return score < 3; }), below);
}

TEST_F(SortedSetTest, RandomChangesSpillsAndExpiriesFollowAModel) {
  std::mt19937 random(5);
  std::map<std::string, Scores> model;
  std::vector<std::string> names;
  names.reserve(6);
  for (int i = 0; i < 6; ++i) names.push_back("zset:" + std::to_string(i));
  std::map<Encoding, int> seen;
  for (int step = 0; step < 6000; ++step) {
    const std::string& name = names[random() % names.size()];
    const std::string member = "m" + std::to_string(random() % (step % 2000 < 1000 ? 10 : 60));
    if (random() % 400 == 0) spill_all();
    if (random() % 200 == 0) {
      if (Record* record = find(name)) database().erase(record);
      model.erase(name);
    } else if (random() % 3 > 0) {
      const double score = static_cast<double>(random() % 40) / 4 - 3;
      SortedSet set = make(name);
      EXPECT_EQ(set.set({score, member}), model[name].insert_or_assign(member, score).second);
      ++seen[set.record()->encoding()];
      if (random() % 10 == 0) database().set_expiry(set.record(), random() % 2 ? storage::kNoExpiry : 1ll << 50);
    } else if (find(name) != nullptr) {
      SortedSet set = make(name);
      EXPECT_EQ(set.erase(member), model[name].erase(member) == 1);
      if (set.empty()) {
        database().erase(set.record());
        model.erase(name);
      }
    }
    if (step % 50 == 0) {
      expect_counted(names);
      if (const Record* record = find(name)) expect_same(SortedSetView(*record), model[name]);
    }
  }
  for (const std::string& name : names) {
    const Record* record = find(name);
    ASSERT_EQ(record != nullptr, model.contains(name));
    if (record != nullptr) expect_same(SortedSetView(*record), model[name]);
  }
  EXPECT_GT(seen[Encoding::kListpack], 100);
  EXPECT_GT(seen[Encoding::kObject], 100);
}

TEST_F(SortedSetTest, BuildersKeepToTheLimits) {
  for (const int count : {1, 12, 13}) {
    SortedSetBuilder builder;
    for (int i = count; i > 0; --i) EXPECT_TRUE(builder.add({0.5 * i, std::to_string(i)}));
    EXPECT_FALSE(builder.add({7, "1"}));
    EXPECT_EQ(builder.take(limits_).encoding, count <= 12 ? Encoding::kListpack : Encoding::kObject);
  }
  SortedSetBuilder builder;
  builder.add({1, std::string(31, 'x')});
  EXPECT_EQ(builder.take(limits_).encoding, Encoding::kObject);
}

}  // namespace
}  // namespace terrace::types
