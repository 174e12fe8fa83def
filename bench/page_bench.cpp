// Packing records into pages and reading one back, with text that compresses as package descriptions do, and packing
// what does not shrink.
#include <benchmark/benchmark.h>

#include <random>

#include "storage/log/frame.h"
#include "storage/record/image.h"
#include "storage/segment/dictionary_trainer.h"
#include "storage/segment/page.h"

namespace terrace::storage {
namespace {

// Text, or bytes in which LZ4 finds nothing.
std::vector<std::string> sample_images(std::size_t count, std::size_t size, bool text = true) {
  const char* words[] = {
      "Package: ",     "lib",         "Depends: ", "libc6 (>= 2.34)",      "Section: ",    "Architecture: amd64\n",
      "Description: ", "development", " files",    "Priority: optional\n", "Maintainer: ", "Debian"};
  std::mt19937_64 random(3);
  std::vector<std::string> images;
  for (std::size_t i = 0; i < count; ++i) {
    std::string value;
    while (value.size() < size) {
      if (text) value += words[random() % 12];
      value += static_cast<char>(text ? 'a' + random() % 26 : random());
    }
    value.resize(size);
    RecordPointer record(Record::create(
        "key:" + std::to_string(i),
        {.type = ValueType::kString, .encoding = Encoding::kRaw, .value_size = static_cast<std::uint32_t>(size)}));
    std::memcpy(record->value(), value.data(), size);
    encode_image(images.emplace_back(), *record, 0, 1'000'000 + i);
  }
  return images;
}

void BM_PackPages(benchmark::State& state) {
  const std::vector<std::string> images =
      sample_images(1000, static_cast<std::size_t>(state.range(0)), state.range(1) != 0);
  const std::vector<std::string_view> views(images.begin(), images.end());
  std::size_t raw = 0;
  for (const std::string& image : images) raw += image.size();
  std::size_t stored = 0;
  for (auto _ : state) {
    const PackedPages pages = pack_pages(views, {});
    stored = pages.bytes.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(raw * state.iterations()));
  state.counters["stored_share"] = static_cast<double>(stored) / static_cast<double>(raw);
}
BENCHMARK(BM_PackPages)->ArgsProduct({{32, 200, 800, 3000}, {1, 0}});

// A page of records of so many bytes, packed against a dictionary learnt from them if so asked.
void BM_ReadOneRecord(benchmark::State& state) {
  const std::vector<std::string> images = sample_images(2000, static_cast<std::size_t>(state.range(0)));
  const auto dictionary = state.range(1) ? train_dictionary(images, 1, nullptr) : nullptr;
  const std::vector<std::string_view> views(images.begin(), images.end());
  PackedPages pages = pack_pages(views, {.dictionary = dictionary.get()});
  stamp_pages(pages.bytes.span(), 1, 1);
  for (auto _ : state) {
    const Result<PageView> view = check_page(pages.bytes.span(), 1, 1);
    const Result<UnpackedPage> raw =
        unpack_page(pages.bytes.span(), *view, view->dictionary ? dictionary.get() : nullptr);
    std::string_view last;
    const Result<void> split =
        split_images(raw->bytes, view->record_count, [&last](std::uint32_t, std::string_view image) { last = image; });
    if (!split.ok()) state.SkipWithError("the page does not split");
    const Result<ImageView> image = parse_image(last);
    const Result<RecordPointer> record = decode_image(*image, nullptr);
    benchmark::DoNotOptimize(record->get());
  }
}
BENCHMARK(BM_ReadOneRecord)->ArgsProduct({{32, 200, 800}, {0, 1}});

void BM_SealFrame(benchmark::State& state) {
  const auto payload = static_cast<std::uint32_t>(state.range(0));
  AlignedBuffer frame(frame_size(payload));
  FrameHeader header;
  header.payload_size = payload;
  for (auto _ : state) {
    header.payload_checksum = payload_checksum(frame.span().subspan(kFrameHeaderSize, payload));
    seal_frame(frame.span(), header);
    benchmark::DoNotOptimize(header.chain());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(payload) * state.iterations());
}
BENCHMARK(BM_SealFrame)->Arg(60)->Arg(4000)->Arg(100'000);

void BM_ParseFrame(benchmark::State& state) {
  const auto payload = static_cast<std::uint32_t>(state.range(0));
  AlignedBuffer frame(frame_size(payload));
  FrameHeader header;
  header.payload_size = payload;
  header.payload_checksum = payload_checksum(frame.span().subspan(kFrameHeaderSize, payload));
  seal_frame(frame.span(), header);
  for (auto _ : state) benchmark::DoNotOptimize(parse_frame(frame.span()));
  state.SetBytesProcessed(static_cast<std::int64_t>(payload) * state.iterations());
}
BENCHMARK(BM_ParseFrame)->Arg(60)->Arg(4000)->Arg(100'000);

}  // namespace
}  // namespace terrace::storage
