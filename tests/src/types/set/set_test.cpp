// Sets in a real store and before they enter it: intsets, packed and large ones.
#include "src/types/set/set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "tests/src/types/store_fixture.h"

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::ValueType;
using Members = std::set<std::string>;

Members members_of(const SetView& set) {
  Members members;
  set.for_each([&members](std::string_view member) { EXPECT_TRUE(members.emplace(member).second); });
  EXPECT_EQ(members.size(), set.size());
  return members;
}

TEST(Intset, FollowsAModelAndWidens) {
  std::mt19937_64 random(7);
  std::string bytes(Intset::empty());
  IntsetEditor editor(bytes);
  std::set<std::int64_t> model;
  for (const unsigned bits : {10u, 14u, 30u, 63u}) {
    for (int step = 0; step < 400; ++step) {
      const std::int64_t number = static_cast<std::int64_t>(random()) >> (63 - bits);
      EXPECT_EQ(editor.add(number), model.insert(number).second);
      const std::int64_t gone = random() % 2 ? *model.begin() : number + 1;
      EXPECT_EQ(editor.erase(gone), model.erase(gone) == 1);
      ASSERT_TRUE(Intset::valid(bytes));
    }
    ASSERT_EQ(editor.view().size(), model.size());
    std::size_t index = 0;
    for (const std::int64_t number : model) {
      EXPECT_EQ(editor.view().at(index++), number);
      EXPECT_TRUE(editor.view().contains(number));
    }
  }
  EXPECT_EQ(editor.view().width(), 8u);
}

TEST(Intset, IsRedisOwnBytes) {
  using namespace std::string_literals;
  std::string bytes(Intset::empty());
  IntsetEditor editor(bytes);
  for (const std::int64_t number : {5, -1, 300}) editor.add(number);
  EXPECT_EQ(bytes, "\2\0\0\0\3\0\0\0\xFF\xFF\5\0\x2C\1"s);
  EXPECT_FALSE(Intset::valid("\2\0\0\0\1\0\0\0"s));              // one is missing
  EXPECT_FALSE(Intset::valid("\3\0\0\0\0\0\0\0"s));              // no such width
  EXPECT_FALSE(Intset::valid("\2\0\0\0\2\0\0\0\1\0\1\0"s));      // one twice
  EXPECT_FALSE(Intset::valid("\2\0\0\0\xFF\xFF\xFF\xFF\1\0"s));  // more than there can be
}

TEST(NewSet, GoesFromIntsetToListpackToTable) {
  const CollectionLimits limits{
      .set_max_intset_entries = 4, .set_max_listpack_entries = 6, .set_max_listpack_value = 30};
  const auto encoding_of = [&limits](const Members& members) {
    NewSet set(SetInValue(), limits);
    for (const std::string& member : members) EXPECT_TRUE(set.add(member));
    for (const std::string& member : members) EXPECT_FALSE(set.add(member));
    EXPECT_EQ(members_of(set.view()), members);
    return set.holder().encoding();
  };
  EXPECT_EQ(encoding_of({"1", "2", "3", "-4"}), Encoding::kIntset);
  EXPECT_EQ(encoding_of({"1", "2", "3", "-4", "5"}), Encoding::kObject);  // as in Redis, not a listpack
  EXPECT_EQ(encoding_of({"1", "2", "3", "-4", "a", "b"}), Encoding::kListpack);
  EXPECT_EQ(encoding_of({"1", "2", "3", "-4", "a", "b", "c"}), Encoding::kObject);
  EXPECT_EQ(encoding_of({"1", std::string(30, 'x')}), Encoding::kListpack);
  EXPECT_EQ(encoding_of({"1", std::string(31, 'x')}), Encoding::kObject);
  EXPECT_EQ(encoding_of({"1", "01"}), Encoding::kListpack);
}

class SetTest : public StoreFixture {
 protected:
  Set make(const std::string& name) {
    return {SetInRecord(database(), find_or_make(name, ValueType::kSet, Encoding::kIntset, Intset::empty())), limits_};
  }
  const CollectionLimits limits_{.set_max_intset_entries = 20};
};

TEST_F(SetTest, RandomChangesSpillsAndExpiriesFollowAModel) {
  std::mt19937 random(5);
  std::map<std::string, Members> model;
  std::vector<std::string> names;
  names.reserve(6);
  for (int i = 0; i < 6; ++i) names.push_back("set:" + std::to_string(i));
  std::map<Encoding, int> seen;
  for (int step = 0; step < 9000; ++step) {
    const std::size_t which = random() % names.size();
    const std::string& name = names[which];
    // Two have integers alone, which two widths take; two grow large.
    std::string member = std::to_string(static_cast<int>(random() % (step % 3000 < 1500 ? 10 : 300)));
    if (which == 1) member.insert(0, "-").append("00000");
    if (which > 1) member.insert(0, "member");
    if (which > 3) member += std::string(random() % 60, 'm');
    if (random() % 400 == 0) spill_all();
    if (random() % 900 == 0) {
      if (Record* record = find(name)) database().erase(record);
      model.erase(name);
    } else if (random() % 4 > 0) {
      Set set = make(name);
      EXPECT_EQ(set.add(member), model[name].insert(member).second);
      ++seen[set.holder().encoding()];
      if (random() % 10 == 0)
        database().set_expiry(set.holder().record(), random() % 2 ? storage::kNoExpiry : 1ll << 50);
    } else if (find(name) != nullptr) {
      Set set = make(name);
      EXPECT_EQ(set.erase(member), model[name].erase(member) == 1);
      if (set.empty()) {
        database().erase(set.holder().record());
        model.erase(name);
      }
    }
    if (step % 50 == 0) expect_counted(names);
  }
  for (const std::string& name : names) {
    const Record* record = find(name);
    ASSERT_EQ(record != nullptr, model.contains(name));
    if (record == nullptr) continue;
    EXPECT_EQ(members_of(SetView(*record)), model[name]);
  }
  for (const Encoding encoding : {Encoding::kIntset, Encoding::kListpack, Encoding::kObject}) {
    EXPECT_GT(seen[encoding], 100);
  }
}

}  // namespace
}  // namespace terrace::types
