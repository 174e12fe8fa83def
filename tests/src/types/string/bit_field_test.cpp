#include "src/types/string/bit_field.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "src/types/string/bitmap.h"

namespace terrace::types {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(BitField, KnowsItsTypes) {
  EXPECT_EQ(BitFieldType::parse("i64")->bits, 64u);
  EXPECT_EQ(BitFieldType::parse("u63")->bits, 63u);
  EXPECT_TRUE(BitFieldType::parse("i1")->is_signed);
  for (const char* text : {"", "i", "u64", "i65", "u0", "i-1", "u08", "x8", "U8", "8"}) {
    EXPECT_FALSE(BitFieldType::parse(text)) << text;
  }
}

TEST(BitField, ReadsWhatItWroteAndNothingElseChanges) {
  std::mt19937_64 random(1);
  for (int turn = 0; turn < 20000; ++turn) {
    const bool is_signed = random() % 2 == 0;
    const BitFieldType type{is_signed, static_cast<unsigned>(1 + random() % (is_signed ? 64 : 63))};
    const std::uint64_t offset = random() % 70;
    std::string bytes(20, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string before = bytes;
    const std::int64_t value = *fit_bit_field(type, static_cast<std::int64_t>(random()), Overflow::kWrap);
    write_bit_field(bytes.data(), type, offset, value);
    ASSERT_EQ(read_bit_field(bytes, type, offset), value);
    for (std::uint64_t i = 0; i < 160; ++i) {
      const bool within = i >= offset && i < offset + type.bits;
      const bool expected =
          within ? (static_cast<std::uint64_t>(value) >> (offset + type.bits - 1 - i) & 1) != 0 : bit_at(before, i);
      ASSERT_EQ(bit_at(bytes, i), expected);
    }
  }
}

TEST(BitField, ReadsZerosBehindTheEnd) {
  EXPECT_EQ(read_bit_field("\xff", {false, 16}, 0), 0xff00);
  EXPECT_EQ(read_bit_field("\xff", {true, 4}, 6), -4);
  EXPECT_EQ(read_bit_field("", {true, 64}, 1000), 0);
}

TEST(BitField, FitsWhatOverflows) {
  const BitFieldType u8{false, 8}, i8{true, 8}, i64{true, 64}, u63{false, 63};
  EXPECT_EQ(fit_bit_field(u8, 257, Overflow::kWrap), 1);
  EXPECT_EQ(fit_bit_field(u8, 257, Overflow::kSaturate), 255);
  EXPECT_EQ(fit_bit_field(u8, -1, Overflow::kSaturate), 255);  // the large number of the same bits
  EXPECT_EQ(fit_bit_field(u8, 257, Overflow::kFail), std::nullopt);
  EXPECT_EQ(fit_bit_field(i8, 200, Overflow::kWrap), -56);
  EXPECT_EQ(fit_bit_field(i8, -200, Overflow::kSaturate), -128);
  // As redis-server 7.0 does it.
  EXPECT_EQ(fit_bit_field(i8, -9223372036854775680, Overflow::kSaturate), -128);
  EXPECT_EQ(fit_bit_field(i8, -9223372036854775681, Overflow::kSaturate), 127);
  EXPECT_EQ(add_to_bit_field(u8, 10, -20, Overflow::kSaturate), 0);
  EXPECT_EQ(add_to_bit_field(u8, 10, -20, Overflow::kWrap), 246);
  EXPECT_EQ(add_to_bit_field(i8, 127, 1, Overflow::kWrap), -128);
  EXPECT_EQ(add_to_bit_field(i8, 127, 1, Overflow::kFail), std::nullopt);
  EXPECT_EQ(add_to_bit_field(i64, kMost, 1, Overflow::kWrap), kLeast);
  EXPECT_EQ(add_to_bit_field(i64, kLeast, -1, Overflow::kSaturate), kLeast);
  EXPECT_EQ(add_to_bit_field(u63, kMost, kMost, Overflow::kSaturate), kMost);
}

}  // namespace
}  // namespace terrace::types
