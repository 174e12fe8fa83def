#include "src/execution/unit.h"

#include <gtest/gtest.h>

#include <string>

namespace terrace {
namespace {

using storage::Key;
using storage::ValueType;

TEST(Unit, KeepsChangesInOrderWithTheirNames) {
  Unit unit;
  unit.begin();
  EXPECT_FALSE(unit.changed());
  {
    const std::string name = "gone afterwards";
    unit.note(KeyEvent::kStored, 1, Key(name), ValueType::kHash, true);
  }
  unit.note(KeyEvent::kExpired, 0, Key("b"), ValueType::kString, true);
  ASSERT_EQ(unit.changes().size(), 2u);
  const KeyChange stored = unit.observed(unit.changes()[0]);
  EXPECT_EQ(stored.name, "gone afterwards");
  EXPECT_EQ(stored.event, KeyEvent::kStored);
  EXPECT_EQ(stored.type, ValueType::kHash);
  EXPECT_EQ(stored.database, 1u);
  EXPECT_EQ(unit.observed(unit.changes()[1]).name, "b");
  EXPECT_EQ(unit.changes()[1].hash, Key("b").hash);
  EXPECT_TRUE(unit.changed());
  EXPECT_FALSE(unit.changed_whole_database());
}

TEST(Unit, KeepsNoNamesThatNobodyWants) {
  Unit unit;
  unit.begin();
  unit.note(KeyEvent::kChanged, 0, Key("a"), ValueType::kString, false);
  EXPECT_EQ(unit.observed(unit.changes()[0]).name, "");
  EXPECT_EQ(unit.changes()[0].hash, Key("a").hash);
}

TEST(Unit, KnowsOfDatabasesAsAWhole) {
  Unit unit;
  unit.begin();
  unit.note_database(KeyEvent::kFlushed, 4);
  EXPECT_TRUE(unit.changed_whole_database());
  EXPECT_EQ(unit.observed(unit.changes()[0]).database, 4u);
  unit.begin();
  EXPECT_FALSE(unit.changed() || unit.changed_whole_database());
}

TEST(Unit, DependsOnTheLatestOfItsReads) {
  Unit unit;
  unit.begin();
  unit.depend_on(7);
  unit.depend_on(3);
  EXPECT_EQ(unit.read_position(), 7u);
  unit.begin();
  EXPECT_EQ(unit.read_position(), 0u);
}

}  // namespace
}  // namespace terrace
