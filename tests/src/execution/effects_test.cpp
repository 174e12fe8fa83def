#include "src/execution/effects.h"

#include <gtest/gtest.h>

namespace terrace {
namespace {

TEST(Effects, AreRespCommands) {
  Effects effects;
  effects.add(3, {"DEL", "key"});
  effects.add(0, {"SET", "a", ""});
  EXPECT_EQ(effects.text(), "*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n");
  ASSERT_EQ(effects.entries().size(), 2u);
  EXPECT_EQ(effects.entries()[0].database, 3u);
  EXPECT_EQ(effects.entries()[0].end, 22u);
}

}  // namespace
}  // namespace terrace
