#include "storage/record/record.h"

#include <gtest/gtest.h>

#include <string>

namespace terrace::storage {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 16, 32, 61, 62, 63, 64, 65, 127, 255, 256, 4095, 4096, 65535, 65536, 1 << 20};
const Location kFarthest(kMaxSegments - 1, (1u << kPageBits) - 1, (1u << kSlotBits) - 1);

RecordPointer make(const std::string& key, std::size_t value_size, bool has_expiry, std::size_t slack = 0) {
  RecordPointer record(Record::create(key,
                                      {.type = ValueType::kStream,
                                       .encoding = static_cast<Encoding>(15),
                                       .value_size = static_cast<std::uint32_t>(value_size),
                                       .has_expiry = has_expiry},
                                      slack));
  std::fill_n(record->value(), value_size, 'v');
  return record;
}

void expect(const Record& record, const std::string& key, std::size_t value_size) {
  ASSERT_EQ(record.key(), key);
  ASSERT_EQ(record.value_size(), value_size);
  ASSERT_EQ(record.bytes(), std::string(value_size, 'v'));
  ASSERT_EQ(record.type(), ValueType::kStream);
  ASSERT_EQ(record.encoding(), static_cast<Encoding>(15));
}

TEST(RecordTest, HoldsEveryMixOfSizes) {
  for (const std::size_t key_size : kSizes) {
    for (const std::size_t value_size : kSizes) {
      for (const bool has_expiry : {false, true}) {
        const std::string key(key_size, 'k');
        const RecordPointer record = make(key, value_size, has_expiry);
        expect(*record, key, value_size);
        EXPECT_EQ(record->expiry_ms(), kNoExpiry);
        if (has_expiry) record->store_expiry(INT64_MAX);
        record->store_location(kFarthest);
        expect(*record, key, value_size);
        EXPECT_EQ(record->expiry_ms(), has_expiry ? INT64_MAX : kNoExpiry);
      }
    }
  }
}

TEST(RecordTest, FieldsDoNotTouchEachOther) {
  const RecordPointer record = make("key", 7, true);
  for (const Location location : {Location(), kFarthest, Location(1, 1, 0)}) {
    record->store_location(location);
    for (const Record::Flag flag : {Record::kWriting, Record::kEvicting}) {
      record->set(flag);
      EXPECT_TRUE(record->has(flag));
      record->set_kind(ValueType::kString, Encoding::kRaw);
      EXPECT_EQ(record->type(), ValueType::kString);
      EXPECT_EQ(record->encoding(), Encoding::kRaw);
      record->set_kind(ValueType::kStream, static_cast<Encoding>(15));
      EXPECT_EQ(record->location(), location);
      expect(*record, "key", 7);
      record->clear(flag);
      EXPECT_FALSE(record->has(flag));
      EXPECT_TRUE(record->has(Record::kHasExpiry));
    }
  }
}

TEST(RecordTest, TellsCleanDirtyWritingAndTransientApart) {
  const RecordPointer record = make("key", 7, false);
  EXPECT_FALSE(record->clean() || record->transient());
  record->mark_transient();
  EXPECT_TRUE(record->transient() && !record->clean());
  // The first place that a record can have, and the first ticket.
  record->store_location(Location(0, 1, 0));
  EXPECT_TRUE(record->clean() && !record->transient());
  record->store_location(Location::from_bits(1));
  record->set(Record::kWriting);
  EXPECT_FALSE(record->clean() || record->transient());
}

TEST(RecordTest, ResizesInPlaceOnlyWithinItsAllocationAndItsField) {
  const std::string key(20, 'k');
  const RecordPointer record = make(key, 62, false, 100);
  const std::size_t footprint = Record::footprint(record.get());
  for (const std::uint32_t size : {0u, 30u, 62u}) {
    ASSERT_TRUE(record->resize_in_place(size));
    expect(*record, key, size);
  }
  // There is room, but not for a size of more than 62.
  EXPECT_FALSE(record->resize_in_place(63));
  expect(*record, key, 62);

  const RecordPointer wide = make(key, 63, false, 100);
  for (const std::uint32_t size : {0u, 30u, 63u}) {
    ASSERT_TRUE(wide->resize_in_place(size));
    expect(*wide, key, size);
  }
  ASSERT_TRUE(wide->resize_in_place(163));
  EXPECT_EQ(wide->key(), key);
  EXPECT_EQ(wide->value_size(), 163u);
  EXPECT_FALSE(wide->resize_in_place(static_cast<std::uint32_t>(Record::footprint(wide.get()))));
  EXPECT_EQ(wide->value_size(), 163u);
  EXPECT_EQ(Record::footprint(record.get()), footprint);
}

#ifdef TERRACE_MIMALLOC
TEST(RecordTest, ASmallOneTakesEightBytesMoreThanItHolds) {
  EXPECT_EQ(Record::footprint(make(std::string(16, 'k'), 32, false).get()), 56u);
  EXPECT_EQ(Record::footprint(make(std::string(62, 'k'), 62, false).get()), 136u);
  EXPECT_EQ(Record::footprint(make(std::string(16, 'k'), 100, false).get()), 128u);
}
#endif

}  // namespace
}  // namespace terrace::storage
