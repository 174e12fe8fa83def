#include "src/text/number.h"

#include <gtest/gtest.h>

#include <limits>

namespace terrace::types {
namespace {

constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

TEST(Number, ReadsWhatItWrites) {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{9}, std::int64_t{10000}, kMin, kMax}) {
    EXPECT_EQ(parse_integer(IntegerText(number)), number);
  }
  EXPECT_EQ(IntegerText(kMin).view(), "-9223372036854775808");
}

TEST(Number, RefusesWhatIsNotAnIntegersOwnText) {
  for (const char* text :
       {"", "-", "+1", " 1", "1 ", "01", "-0", "-01", "00", "1.0", "0x1", "1e3", "9223372036854775808",
        "-9223372036854775809", "99999999999999999999", "100000000000000000000"}) {
    EXPECT_FALSE(parse_integer(text)) << text;
  }
  EXPECT_FALSE(parse_integer(std::string_view("1\0", 2)));
}

TEST(Number, ReadsReals) {
  EXPECT_EQ(parse_real("3.0e3"), 3000.0L);
  EXPECT_EQ(parse_real("0x10"), 16.0L);
  EXPECT_EQ(parse_real("+.5"), 0.5L);
  EXPECT_EQ(parse_real("-inf"), -std::numeric_limits<long double>::infinity());
  for (const char* text : {"", " 1", "1 ", "nan", "1e5000", "1e-5000", "1.2.3", "x"})
    EXPECT_FALSE(parse_real(text)) << text;
  EXPECT_FALSE(parse_real(std::string_view("1\0", 2)));
  EXPECT_FALSE(parse_real(std::string(5 * 1024, '1')));
  std::string one(4001, '0');
  one.back() = '1';
  EXPECT_EQ(parse_real(one), 1.0L);
}

TEST(Number, WritesRealsForPeople) {
  EXPECT_EQ(format_real(0.1L), "0.1");
  EXPECT_EQ(format_real(3.0L), "3");
  EXPECT_EQ(format_real(-0.0L), "0");
  EXPECT_EQ(format_real(-1e-18L), "0");
  EXPECT_EQ(format_real(10.5L + 0.1L), "10.6");
  EXPECT_EQ(format_real(5.0e3L), "5000");
  EXPECT_EQ(format_real(1e21L), "1000000000000000000000");
  EXPECT_EQ(format_real(100.0L), "100");
  EXPECT_EQ(format_real(std::numeric_limits<long double>::max()).size(), 4933u);
}

}  // namespace
}  // namespace terrace::types
