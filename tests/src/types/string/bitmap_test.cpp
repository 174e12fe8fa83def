#include "src/types/string/bitmap.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace terrace::types {
namespace {

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Bitmap, ReadsAndSetsSingleBits) {
  std::string bytes(2, '\0');
  set_bit(bytes.data(), 0, true);
  set_bit(bytes.data(), 15, true);
  EXPECT_EQ(bytes, std::string("\x80\x01", 2));
  EXPECT_TRUE(bit_at(bytes, 15));
  EXPECT_FALSE(bit_at(bytes, 14));
  EXPECT_FALSE(bit_at(bytes, 16));
  set_bit(bytes.data(), 0, false);
  EXPECT_EQ(bytes[0], '\0');
}

TEST(Bitmap, CountsAndFindsAsBitByBit) {
  const std::string bytes = noise(100, 1);
  std::mt19937 random(2);
  for (int turn = 0; turn < 2000; ++turn) {
    std::uint64_t first = random() % 800, last = random() % 800;
    if (first > last) std::swap(first, last);
    std::uint64_t count = 0;
    std::optional<std::uint64_t> one, zero;
    for (std::uint64_t i = first; i <= last; ++i) {
      const bool bit = bit_at(bytes, i);
      count += bit;
      if (bit && !one) one = i;
      if (!bit && !zero) zero = i;
    }
    EXPECT_EQ(count_bits(bytes, {first, last}), count);
    EXPECT_EQ(find_bit(bytes, {first, last}, true), one);
    EXPECT_EQ(find_bit(bytes, {first, last}, false), zero);
  }
}

TEST(Bitmap, FindsTheOnlyBitWhereverItIs) {
  for (const bool bit : {true, false}) {
    for (std::uint64_t at = 0; at < 400; ++at) {
      std::string bytes(50, bit ? '\0' : '\xff');
      set_bit(bytes.data(), at, bit);
      EXPECT_EQ(find_bit(bytes, {0, 399}, bit), at);
      EXPECT_EQ(find_bit(bytes, {at, at}, bit), at);
      if (at > 0) {
        EXPECT_EQ(find_bit(bytes, {0, at - 1}, bit), std::nullopt);
      }
      if (at < 399) {
        EXPECT_EQ(find_bit(bytes, {at + 1, 399}, bit), std::nullopt);
      }
    }
  }
}

bool combined(BitOperation operation, const std::vector<bool>& bits) {
  int ones = 0;
  for (const bool bit : bits) ones += bit;
  const bool others = ones - bits[0] > 0;
  switch (operation) {
    case BitOperation::kAnd:
      return ones == static_cast<int>(bits.size());
    case BitOperation::kOr:
      return ones > 0;
    case BitOperation::kXor:
      return ones % 2 == 1;
    case BitOperation::kNot:
      return !bits[0];
    case BitOperation::kDiff:
      return bits[0] && !others;
    case BitOperation::kDiff1:
      return !bits[0] && others;
    case BitOperation::kAndOr:
      return bits[0] && others;
    case BitOperation::kOne:
      return ones == 1;
  }
  return false;
}

TEST(Bitmap, CombinesAsBitByBit) {
  // Sizes around a block's, shorter and empty sources.
  const std::string a = noise(3000, 3), b = noise(1030, 4), c = noise(7, 5), none;
  const std::vector<std::vector<std::string_view>> cases = {{a, b, c}, {c, a}, {b, none, a, c}, {none, a}, {a, a}, {c}};
  for (const auto& sources : cases) {
    for (int number = 0; number <= static_cast<int>(BitOperation::kOne); ++number) {
      const auto operation = static_cast<BitOperation>(number);
      std::size_t size = 0;
      for (const std::string_view source : sources) size = std::max(size, source.size());
      std::string out(size + 1, '#');
      combine_bits(operation, sources, out.data(), size);
      EXPECT_EQ(out[size], '#');
      for (std::uint64_t i = 0; i < size * 8; ++i) {
        std::vector<bool> bits;
        bits.reserve(sources.size());
        for (const std::string_view source : sources) bits.push_back(bit_at(source, i));
        ASSERT_EQ(bit_at(out, i), combined(operation, bits)) << number << " at " << i;
      }
    }
  }
}

}  // namespace
}  // namespace terrace::types
