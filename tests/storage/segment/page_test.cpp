#include "storage/segment/page.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/record/image.h"
#include "tests/storage/page_round_trip.h"

namespace terrace::storage {
namespace {

std::string random_bytes(std::mt19937_64& random, std::size_t size, bool compressible) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(compressible ? 'a' + random() % 4 : random());
  return bytes;
}

TEST(PageTest, RoundTripsImagesOfEverySize) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> images;
    const std::size_t count = 1 + random() % 300;
    images.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t size = random() % 20 == 0 ? random() % (5 * kPageSize) : random() % 200;
      images.push_back(random_bytes(random, size, random() % 2 == 0));
    }
    expect_round_trip(images);
  }
}

TEST(PageTest, RoundTripsSizesAroundThePageAndTheBlock) {
  std::mt19937_64 random(2);
  for (const std::size_t around :
       {std::size_t{kPageSize - kPageHeaderSize}, std::size_t{kPageSize}, std::size_t{kMaxPageRawSize},
        std::size_t{kLargeBlockSize}, std::size_t{2 * kLargeBlockSize}}) {
    for (std::size_t size = around - 20; size <= around + 20; ++size) {
      expect_round_trip({random_bytes(random, size, false)});
      expect_round_trip({random_bytes(random, size, true), "small"});
    }
  }
}

TEST(PageTest, AnyFlippedBitIsFound) {
  std::mt19937_64 random(3);
  std::vector<std::string> images;
  images.reserve(20);
  for (int i = 0; i < 20; ++i) images.push_back(random_bytes(random, 60, true));
  const std::vector<std::string_view> views(images.begin(), images.end());
  PackedPages pages = pack_pages(views, {});
  stamp_pages(pages.bytes.span(), 9, 1);
  ASSERT_TRUE(check_page(pages.bytes.span(), 9, 1).ok());
  for (std::size_t bit = 0; bit < kPageSize * 8; ++bit) {
    pages.bytes.data()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
    ASSERT_FALSE(check_page(pages.bytes.span(), 9, 1).ok()) << "bit " << bit;
    pages.bytes.data()[bit / 8] ^= static_cast<std::byte>(1 << (bit % 8));
  }
}

TEST(PageTest, AnyFlippedBitOfALargeRecordIsFoundOrPadding) {
  std::mt19937_64 random(4);
  const std::string image = random_bytes(random, 3 * kPageSize, false);
  const std::vector<std::string_view> views{image};
  PackedPages pages = pack_pages(views, {});
  stamp_pages(pages.bytes.span(), 9, 1);
  for (std::size_t byte = 0; byte < pages.bytes.size(); ++byte) {
    pages.bytes.data()[byte] ^= std::byte{0x10};
    const Result<PageView> view = check_page(pages.bytes.span(), 9, 1);
    if (view.ok()) {
      const Result<UnpackedPage> raw = unpack_page(pages.bytes.span(), *view, nullptr);
      if (raw.ok()) {
        ASSERT_EQ(raw->bytes, image);
      }
    }
    pages.bytes.data()[byte] ^= std::byte{0x10};
  }
}

// Records that hardly compress behind records that compress very well: what was measured with these must not spoil
// those.
TEST(PageTest, PacksWellBehindRecordsThatPackFarBetter) {
  std::mt19937_64 random(6);
  std::vector<std::string> texts(40 * kPageSize / 400);
  for (std::string& text : texts) {
    for (int i = 0; i < 400; ++i) text.push_back("abcdefghijklmnop"[random() % 16]);
  }
  const auto pages_of = [](const std::vector<std::string>& images, const PackOptions& options) {
    return pack_pages(std::vector<std::string_view>(images.begin(), images.end()), options).page_count();
  };
  std::vector<std::string> mixed(60, std::string(400, 'x'));
  mixed.insert(mixed.end(), texts.begin(), texts.end());
  for (const bool thorough : {false, true}) {
    const PackOptions options{.thorough = thorough};
    EXPECT_LE(pages_of(mixed, options), pages_of(texts, options) * 11 / 10 + 4) << thorough;
  }
}

TEST(PageTest, APageAtAnotherPlaceIsRefused) {
  const std::vector<std::string_view> views{"one record"};
  PackedPages pages = pack_pages(views, {});
  stamp_pages(pages.bytes.span(), 9, 1);
  EXPECT_TRUE(check_page(pages.bytes.span(), 9, 1).ok());
  EXPECT_FALSE(check_page(pages.bytes.span(), 9, 2).ok());
  EXPECT_FALSE(check_page(pages.bytes.span(), 10, 1).ok());
}

RecordPointer make_record(const std::string& key, Encoding encoding, const std::string& bytes, std::int64_t expiry_ms,
                          ValueType type = ValueType::kString) {
  RecordPointer record(Record::create(key, {.type = type,
                                            .encoding = encoding,
                                            .value_size = static_cast<std::uint32_t>(bytes.size()),
                                            .has_expiry = expiry_ms != kNoExpiry}));
  std::memcpy(record->value(), bytes.data(), bytes.size());
  if (expiry_ms != kNoExpiry) record->store_expiry(expiry_ms);
  return record;
}

void expect_image_round_trip(const Record& record) {
  std::string image;
  encode_image(image, record, 3, 12345);
  ASSERT_LE(image.size(), image_size_bound(record));
  const Result<ImageView> view = parse_image(image);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->database, 3u);
  EXPECT_EQ(view->log_position, 12345u);
  const Result<RecordPointer> again = decode_image(*view, nullptr);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ((*again)->key(), record.key());
  EXPECT_EQ((*again)->bytes(), record.bytes());
  EXPECT_EQ((*again)->encoding(), record.encoding());
  EXPECT_EQ((*again)->expiry_ms(), record.expiry_ms());
  // Every shorter image is refused or has less content, never more.
  for (std::size_t size = 0; size < image.size(); ++size) {
    const Result<ImageView> cut = parse_image(std::string_view(image).substr(0, size));
    if (cut.ok()) {
      EXPECT_FALSE(decode_image(*cut, nullptr).ok()) << size;
    }
  }
}

TEST(ImageTest, RoundTripsStrings) {
  for (const std::size_t size : {0u, 1u, 63u, 64u, 300u, 16383u, 16384u}) {
    expect_image_round_trip(*make_record("key", Encoding::kRaw, std::string(size, 'v'), kNoExpiry));
  }
  expect_image_round_trip(*make_record("", Encoding::kEmbedded, "x", 1'700'000'000'000));
  expect_image_round_trip(*make_record(std::string(70'000, 'k'), Encoding::kRaw, "long key", 5));
}

TEST(ImageTest, RoundTripsValuesOfWhichPartsExpire) {
  for (const std::int64_t soonest_ms : {kNoExpiry, std::int64_t{1}, std::int64_t{1} << 45}) {
    for (const std::int64_t expiry_ms : {kNoExpiry, std::int64_t{1'000}}) {
      std::string bytes(sizeof soonest_ms, '\0');
      std::memcpy(bytes.data(), &soonest_ms, sizeof soonest_ms);
      const RecordPointer record =
          make_record("hash", Encoding::kTimedListpack, bytes + "listpack", expiry_ms, ValueType::kHash);
      EXPECT_EQ(record->parts_expiry_ms(), soonest_ms);
      EXPECT_EQ(record->due_ms(), sooner(soonest_ms, expiry_ms));
      expect_image_round_trip(*record);
      std::string image;
      encode_image(image, *record, 3, 12345);
      EXPECT_EQ(parse_image(image)->due_ms(), record->due_ms());
    }
  }
  // In the image of a string, such a time has no meaning.
  std::string image;
  encode_image(image, *make_record("key", Encoding::kRaw, "value", 1'000), 0, 0);
  image[2] = 2;
  EXPECT_FALSE(parse_image(image).ok());
}

TEST(ImageTest, ATypeThatThereIsNotIsRefused) {
  std::string image;
  encode_image(image, *make_record("key", Encoding::kListpack, "listpack", kNoExpiry, ValueType::kStream), 0, 0);
  EXPECT_TRUE(decode_image(*parse_image(image), nullptr).ok());
  for (unsigned type = 7; type < 16; ++type) {
    image[1] = static_cast<char>(type << 4 | static_cast<unsigned>(Encoding::kListpack));
    // Refused here, so that code that needs only the head does not take it for another type either.
    EXPECT_FALSE(parse_image(image).ok()) << type;
  }
}

TEST(ImageTest, RoundTripsIntegers) {
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{127}, std::int64_t{-129},
                                   std::int64_t{40000}, std::int64_t{1} << 40, INT64_MAX, INT64_MIN}) {
    std::string bytes(sizeof value, '\0');
    std::memcpy(bytes.data(), &value, sizeof value);
    expect_image_round_trip(*make_record("n", Encoding::kInteger, bytes, kNoExpiry));
  }
}

}  // namespace
}  // namespace terrace::storage
