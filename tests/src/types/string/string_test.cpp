#include "src/types/string/string.h"

#include <gtest/gtest.h>

#include <string>

namespace terrace::types {
namespace {

using storage::Encoding;
using storage::Record;
using storage::RecordPointer;
using storage::ValueType;

RecordPointer make_record(const EncodedString& string) {
  const auto size = static_cast<std::uint32_t>(string.bytes().size());
  RecordPointer record(
      Record::create("key", {.type = ValueType::kString, .encoding = string.encoding(), .value_size = size}));
  std::memcpy(record->value(), string.bytes().data(), size);
  return record;
}

TEST(String, ChoosesTheEncodingAsRedisDoes) {
  EXPECT_EQ(EncodedString("123").encoding(), Encoding::kInteger);
  EXPECT_EQ(EncodedString("-9223372036854775808").encoding(), Encoding::kInteger);
  EXPECT_EQ(EncodedString("9223372036854775808").encoding(), Encoding::kEmbedded);
  EXPECT_EQ(EncodedString("0123").encoding(), Encoding::kEmbedded);
  EXPECT_EQ(EncodedString("").encoding(), Encoding::kEmbedded);
  EXPECT_EQ(EncodedString(std::string(44, 'x')).encoding(), Encoding::kEmbedded);
  EXPECT_EQ(EncodedString(std::string(45, 'x')).encoding(), Encoding::kRaw);
  EXPECT_EQ(EncodedString::plain("5").encoding(), Encoding::kEmbedded);
  EXPECT_EQ(EncodedString(std::int64_t{5}).encoding(), Encoding::kInteger);
}

TEST(String, ReadsBackWhateverTheEncoding) {
  for (const std::string& text :
       {std::string("123"), std::string("-5"), std::string(), std::string("x"), std::string(99, 'y')}) {
    const RecordPointer record = make_record(EncodedString(text));
    EXPECT_EQ(StringText(*record).view(), text);
    EXPECT_EQ(string_size(*record), text.size());
  }
}

TEST(String, ReadsAsNumber) {
  EXPECT_EQ(string_integer(*make_record(EncodedString("77"))), 77);
  EXPECT_EQ(string_integer(*make_record(EncodedString::plain("77"))), 77);
  EXPECT_FALSE(string_integer(*make_record(EncodedString("7.7"))));
  EXPECT_EQ(string_real(*make_record(EncodedString("77"))), 77.0L);
  EXPECT_EQ(string_real(*make_record(EncodedString("7.5"))), 7.5L);
  EXPECT_FALSE(string_real(*make_record(EncodedString("x"))));
}

TEST(String, KeepsToTheLargestSize) {
  EXPECT_TRUE(size_allowed(0, storage::kMaxValueSize));
  EXPECT_FALSE(size_allowed(1, storage::kMaxValueSize));
  EXPECT_FALSE(size_allowed(UINT64_MAX, UINT64_MAX));
}

TEST(String, CutsSubstrings) {
  EXPECT_EQ(substring("hello", 0, -1), "hello");
  EXPECT_EQ(substring("hello", -3, -2), "ll");
  EXPECT_EQ(substring("hello", -100, 1), "he");
  EXPECT_EQ(substring("hello", 3, 100), "lo");
  EXPECT_EQ(substring("hello", 0, -100), "h");
  EXPECT_EQ(substring("hello", -1, -3), "");
  EXPECT_EQ(substring("hello", 5, 9), "");
  EXPECT_EQ(substring("", 0, -1), "");
  EXPECT_EQ(substring("hello", INT64_MIN, INT64_MAX), "hello");
}

}  // namespace
}  // namespace terrace::types
