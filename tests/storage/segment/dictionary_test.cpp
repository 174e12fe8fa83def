#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "storage/base/file_path.h"
#include "storage/segment/dictionary_trainer.h"
#include "tests/fuzz/memory_disk.h"
#include "tests/storage/page_round_trip.h"

namespace terrace::storage {
namespace {

// Texts of the same phrases, as many as a dictionary holds: in one page few occur twice, in a store all occur often.
std::vector<std::string> alike(std::size_t count) {
  std::mt19937_64 random(7);
  std::vector<std::string> phrases(kDictionarySize / 80);
  for (std::string& phrase : phrases) {
    for (int i = 0; i < 40; ++i) phrase += static_cast<char>('a' + random() % 26);
  }
  std::vector<std::string> images(count);
  for (std::string& image : images) {
    image = std::to_string(random());
    for (int i = 0; i < 6; ++i) image += phrases[random() % phrases.size()];
  }
  return images;
}

std::vector<std::string> noise(std::size_t count) {
  std::mt19937_64 random(8);
  std::vector<std::string> images(count, std::string(100, '\0'));
  for (std::string& image : images) {
    for (char& byte : image) byte = static_cast<char>(random());
  }
  return images;
}

std::vector<std::string_view> views_of(const std::vector<std::string>& images) {
  return {images.begin(), images.end()};
}

TEST(DictionaryTest, SavesPagesWhereRecordsAreAlike) {
  const std::vector<std::string> images = alike(1200);
  const auto dictionary = train_dictionary(images, 1, nullptr);
  ASSERT_TRUE(dictionary);
  EXPECT_LE(dictionary->bytes().size(), kDictionarySize);
  const std::uint32_t plain = pack_pages(views_of(images), {}).page_count();
  const std::uint32_t fast = pack_pages(views_of(images), {.dictionary = dictionary.get()}).page_count();
  const std::uint32_t thorough =
      pack_pages(views_of(images), {.dictionary = dictionary.get(), .thorough = true}).page_count();
  EXPECT_LT(fast, plain);
  EXPECT_LE(thorough, fast);
}

TEST(DictionaryTest, IsNotMadeWhereItSavesNothing) {
  EXPECT_FALSE(train_dictionary(noise(400), 1, nullptr));
  const std::vector<std::string> images = alike(1200);
  const auto first = train_dictionary(images, 1, nullptr);
  ASSERT_TRUE(first);
  EXPECT_FALSE(train_dictionary(images, 2, first.get()));
  EXPECT_FALSE(train_dictionary({}, 1, nullptr));
}

// The sample of a store with large values must not take many times what training needs.
TEST(DictionaryTest, ASampleOfLargeImagesIsBounded) {
  DictionarySample sample(1);
  const std::string large(2 * kPageSize, 'x');
  for (std::size_t i = 0; i < 4 * DictionarySample::kMostImages; ++i) sample.see(i % 2 ? large : large.substr(0, 100));
  EXPECT_LE(sample.bytes(), DictionarySample::kMostBytes);
  EXPECT_GE(sample.bytes(), DictionarySample::kMostBytes / 4);
}

TEST(DictionaryTest, RoundTripsWithItAndWithoutAtBothLevels) {
  std::vector<std::string> images = alike(500);
  const auto dictionary = train_dictionary(images, 9, nullptr);
  ASSERT_TRUE(dictionary);
  for (std::string& image : noise(100)) images.push_back(std::move(image));
  images.push_back("");
  images.push_back(std::string(kPageSize / 2, 'x'));
  for (const bool thorough : {false, true}) {
    expect_round_trip(images, {.dictionary = dictionary.get(), .thorough = thorough});
    expect_round_trip(images, {.dictionary = nullptr, .thorough = thorough});
  }
}

TEST(DictionaryTest, APageNeedsTheVeryDictionaryItWasPackedWith) {
  const std::vector<std::string> images = alike(500);
  const auto right = train_dictionary(images, 5, nullptr);
  ASSERT_TRUE(right);
  const Dictionary wrong(5, std::string(right->bytes().substr(1)));  // a file of the same number
  PackedPages pages = pack_pages(views_of(images), {.dictionary = right.get()});
  stamp_pages(pages.bytes.span(), 1, 1);
  const Result<PageView> view = check_page(pages.bytes.span(), 1, 1);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->dictionary, right->fingerprint());
  EXPECT_TRUE(unpack_page(pages.bytes.span(), *view, right.get()).ok());
  for (const Dictionary* other : {static_cast<const Dictionary*>(nullptr), &wrong}) {
    const Result<UnpackedPage> raw = unpack_page(pages.bytes.span(), *view, other);
    ASSERT_FALSE(raw.ok());
    EXPECT_NE(raw.error().message.find("dictionary " + std::to_string(right->fingerprint())), std::string::npos)
        << raw.error().message;
  }
}

// What the next start could read must not be given up now.
TEST(DictionaryTest, AShortReadOfAWholeFileIsNoDamage) {
  fuzz::MemoryDisk disk;
  std::vector<Error> told;
  const auto report = [&told](const Error& error) { told.push_back(error); };
  {
    Dictionaries made(disk);
    ASSERT_TRUE(disk.run(made.load(1, report)).ok());
    ASSERT_TRUE(disk.run(made.adopt(std::make_unique<Dictionary>(1, std::string(1000, 'x')))).ok());
  }
  Dictionaries short_read(disk);
  disk.shorten_reads(512);
  const Result<void> failed = disk.run(short_read.load(1, report));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_TRUE(told.empty());

  disk.shorten_reads(~0ull);
  Dictionaries whole(disk);
  ASSERT_TRUE(disk.run(whole.load(1, report)).ok());
  EXPECT_NE(whole.current(), nullptr);

  disk.file(FilePath::dictionary(1).text()).resize(512);
  Dictionaries cut_short(disk);
  ASSERT_TRUE(disk.run(cut_short.load(1, report)).ok());
  EXPECT_EQ(cut_short.current(), nullptr);
  EXPECT_FALSE(told.empty());
}

}  // namespace
}  // namespace terrace::storage
