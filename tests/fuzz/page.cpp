// Pages and images: any bytes give an error or records that encode again to the same image; pages that were packed here
// give back what went in; such pages with bytes flipped and their checksums put right reach the decoders behind them.
#include <fuzzer/FuzzedDataProvider.h>

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "storage/record/image.h"
#include "storage/segment/dictionary.h"
#include "storage/segment/page.h"
#include "tests/fuzz/target.h"

namespace terrace::fuzz {

namespace {

using namespace terrace::storage;

constexpr std::uint64_t kSerial = 3;
constexpr std::uint32_t kPage = 5;
// A forged size of a large record may ask for a gigabyte; only what this build packs is of interest.
constexpr std::uint32_t kLargestRaw = 1u << 20;

std::string encode_again(const ImageView& view, const RecordPointer& record) {
  std::string image;
  encode_image(image, *record, view.database, view.log_position);
  FUZZ_REQUIRE(image.size() <= image_size_bound(*record), "image larger than its bound");
  return image;
}

// Returns the canonical image of what was decoded; nothing if the image is refused.
std::string check_image(std::string_view image) {
  const Result<ImageView> view = parse_image(image);
  if (!view.ok()) return "";
  const Result<RecordPointer> record = decode_image(*view, nullptr);
  if (!record.ok()) return "";
  const std::string canonical = encode_again(*view, *record);
  const Result<ImageView> view_again = parse_image(canonical);
  FUZZ_REQUIRE(view_again.ok(), "the image of a decoded record is refused");
  const Result<RecordPointer> again = decode_image(*view_again, nullptr);
  FUZZ_REQUIRE(again.ok(), "the image of a decoded record is not decoded");
  FUZZ_REQUIRE((*again)->key() == (*record)->key() && (*again)->bytes() == (*record)->bytes(), "another record");
  FUZZ_REQUIRE((*again)->expiry_ms() == (*record)->expiry_ms(), "another expiry");
  FUZZ_REQUIRE(encode_again(*view_again, *again) == canonical, "encodes to something else the second time");
  return canonical;
}

const Dictionary& dictionary() {
  static const Dictionary dictionary(1, "a value of some key, another value of another key, 12345678 87654321");
  return dictionary;
}

// The canonical images of all records in a run; nothing if it is refused.
std::vector<std::string> check_run(std::span<const std::byte> run, std::uint32_t page_number) {
  const Result<PageView> view = check_page(run, kSerial, page_number);
  if (!view.ok() || view->raw_size > kLargestRaw) return {};
  const Result<UnpackedPage> raw =
      unpack_page(run, *view, view->dictionary == dictionary().fingerprint() ? &dictionary() : nullptr);
  if (!raw.ok()) return {};
  std::vector<std::string> images;
  if (view->large) {
    images.push_back(check_image(raw->bytes));
    return images;
  }
  const Result<void> split =
      split_images(raw->bytes, view->record_count,
                   [&images](std::uint32_t, std::string_view image) { images.push_back(check_image(image)); });
  if (!split.ok()) return {};
  return images;
}

RecordPointer make_record(FuzzedDataProvider& input) {
  const bool is_integer = input.ConsumeBool();
  const bool has_expiry = input.ConsumeBool();
  const bool large = input.ConsumeProbability<float>() < 0.1f;
  const std::string key = input.ConsumeRandomLengthString(40);
  std::string value = input.ConsumeRandomLengthString(200);
  if (is_integer) {
    value.resize(sizeof(std::int64_t), '\x7f');
  } else if (large) {
    while (value.size() < 3 * kLargeBlockSize) value += value + "large";
  }
  const Record::Shape shape{.type = ValueType::kString,
                            .encoding = is_integer ? Encoding::kInteger : Encoding::kRaw,
                            .value_size = static_cast<std::uint32_t>(value.size()),
                            .has_expiry = has_expiry};
  RecordPointer record(Record::create(key, shape));
  if (has_expiry) record->store_expiry(input.ConsumeIntegralInRange<std::int64_t>(0, INT64_MAX));
  std::memcpy(record->value(), value.data(), value.size());
  return record;
}

std::vector<std::string> make_images(FuzzedDataProvider& input) {
  std::vector<std::string> images;
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 12);
  for (unsigned i = 0; i < count; ++i) {
    const RecordPointer record = make_record(input);
    std::string image;
    encode_image(image, *record, input.ConsumeIntegral<std::uint32_t>(), input.ConsumeIntegral<std::uint64_t>());
    images.push_back(std::move(image));
  }
  return images;
}

// The checksums of a large record's blocks, as far as their sizes lead; see FORMAT.md.
void mend_blocks(std::span<std::byte> run) {
  std::size_t at = kPageHeaderSize;
  for (std::uint64_t number = 0; at + 16 <= run.size(); ++number) {
    std::uint32_t sizes[2];
    std::memcpy(sizes, run.data() + at + 8, sizeof sizes);
    if (sizes[1] > run.size() - at - 16) return;
    const std::uint64_t seed = (number << 32) ^ (std::uint64_t{sizes[0]} << 1) ^ sizes[1];
    const std::uint64_t checksum = XXH3_64bits_withSeed(run.data() + at + 16, sizes[1], seed);
    std::memcpy(run.data() + at, &checksum, sizeof checksum);
    at += 16 + sizes[1];
  }
}

void mutate(FuzzedDataProvider& input, std::span<std::byte> bytes) {
  const unsigned count = input.ConsumeIntegralInRange<unsigned>(1, 6);
  for (unsigned i = 0; i < count; ++i) {
    // Headers and the first bytes behind them more often than the rest.
    const std::size_t reach = input.ConsumeBool() ? std::min<std::size_t>(bytes.size(), 80) : bytes.size();
    bytes[input.ConsumeIntegralInRange<std::size_t>(0, reach - 1)] ^= std::byte{input.ConsumeIntegral<std::uint8_t>()};
  }
}

void run_packed(FuzzedDataProvider& input) {
  const std::vector<std::string> images = make_images(input);
  const PackOptions options{.dictionary = input.ConsumeBool() ? &dictionary() : nullptr,
                            .thorough = input.ConsumeBool()};
  PackedPages pages = pack_pages(std::vector<std::string_view>(images.begin(), images.end()), options);
  FUZZ_REQUIRE(pages.places.size() == images.size(), "an image has no place");
  std::vector<std::string> found;
  for (const PackedRun& run : pages.runs) {
    const auto bytes =
        pages.bytes.span().subspan(std::size_t{run.first_page} * kPageSize, std::size_t{run.page_count} * kPageSize);
    stamp_pages(bytes, kSerial, kPage);
    const std::vector<std::string> of_run = check_run(bytes, kPage);
    found.insert(found.end(), of_run.begin(), of_run.end());
    // The same with damage: into a buffer of exactly its size, so that reads behind it are found.
    std::vector<std::byte> damaged(bytes.begin(), bytes.end());
    mutate(input, damaged);
    const bool mend = input.ConsumeBool();
    if (mend && run.page_count > 1) mend_blocks(damaged);
    if (mend) stamp_pages(damaged, kSerial, kPage);
    const std::vector<std::string> of_damaged = check_run(damaged, kPage);
    FUZZ_REQUIRE(mend || of_damaged.empty() || of_damaged == of_run, "damage was taken for a record");
  }
  std::vector<std::string> expected;
  for (const PackedPlace& place : pages.places) expected.push_back(images[place.image]);
  FUZZ_REQUIRE(found == expected, "pages do not give back what was packed");
}

void run_raw(FuzzedDataProvider& input) {
  const bool mend = input.ConsumeBool();
  const std::string image = input.ConsumeRandomLengthString();
  check_image(image);
  std::vector<std::uint8_t> rest = input.ConsumeRemainingBytes<std::uint8_t>();
  rest.resize(std::max<std::size_t>(1, (rest.size() + kPageSize - 1) / kPageSize) * kPageSize);
  const auto bytes = std::as_writable_bytes(std::span(rest));
  if (mend) stamp_pages(bytes, kSerial, kPage);
  check_run(bytes, kPage);
}

}  // namespace

void run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  if (input.ConsumeIntegral<std::uint8_t>() < 64) {
    run_raw(input);
  } else {
    run_packed(input);
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> seeds;
  const std::string images[] = {std::string("\x01\x00\x00\x05\x01k\x05value", 12),
                                std::string("\x01\x02\x01\x00\x01\x02\x03\x04\x05\x06\x07\x05\x01k\xC0\x05", 16)};
  for (const std::string& image : images) {
    const std::string_view views[] = {image};
    PackedPages pages = pack_pages(views, {});
    stamp_pages(pages.bytes.span(), kSerial, kPage);
    // Behind the image (its end is a backslash and another byte) the page; then what chooses the mode, read first.
    const std::string page(reinterpret_cast<const char*>(pages.bytes.data()), kPageSize);
    seeds.push_back(image + "\\." + page + '\x00' + '\x01');
  }
  std::string many;
  for (unsigned i = 0; i < 400; ++i) many += static_cast<char>(i * 37 + i / 7);
  seeds.push_back(many + '\xff');
  seeds.push_back("key\\.value\\.key2\\.another value\\.key3\\.12345678\\." + std::string(64, '\x11') + '\xff');
  return seeds;
}

std::vector<std::string> words() {
  return {"TRPG", std::string(1, '\xC0'), std::string(1, '\xC1'), std::string(1, '\xC2'), std::string(1, '\x80')};
}

}  // namespace terrace::fuzz
