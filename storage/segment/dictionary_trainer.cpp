#include "storage/segment/dictionary_trainer.h"

#define ZDICT_STATIC_LINKING_ONLY
#include <zdict.h>

#include "storage/segment/page.h"

namespace terrace::storage {

namespace {

// One of this many images measures the result; the others are for training.
constexpr std::size_t kJudgeOf = 4;
// The least saving, beside what is written without the dictionary, that makes it worth its place.
constexpr std::size_t kLeastSaving = 20;  // one in this many bytes

std::uint64_t bytes_with(std::span<const std::string_view> images, const Dictionary* dictionary) {
  return pack_pages(images, {.dictionary = dictionary}).stored_bytes;
}

// The content alone; empty if nothing could be trained.
std::string learn(const std::string& samples, const std::vector<std::size_t>& sizes) {
  // Segments of 200 bytes found by 8-byte substrings, as measured on package stanzas; a small table suits small
  // samples.
  ZDICT_fastCover_params_t parameters{};
  parameters.k = kTinyLimits ? 64 : 200;
  parameters.d = 8;
  parameters.f = kTinyLimits ? 12 : 18;
  parameters.accel = 1;
  parameters.splitPoint = 1.0;
  std::string made(kDictionarySize, '\0');
  const std::size_t size = ZDICT_trainFromBuffer_fastCover(made.data(), made.size(), samples.data(), sizes.data(),
                                                           static_cast<unsigned>(sizes.size()), parameters);
  if (ZDICT_isError(size)) return {};
  const std::size_t header = ZDICT_getDictHeaderSize(made.data(), size);
  if (ZDICT_isError(header) || header >= size) return {};
  return made.substr(header, size - header);
}

}  // namespace

std::unique_ptr<Dictionary> train_dictionary(std::span<const std::string> images, std::uint32_t id,
                                             const Dictionary* current) {
  std::string samples;
  std::vector<std::size_t> sizes;
  std::vector<std::string_view> judges;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (i % kJudgeOf == 0) {
      judges.emplace_back(images[i]);
    } else {
      samples += images[i];
      sizes.push_back(images[i].size());
    }
  }
  std::string content = learn(samples, sizes);
  if (content.empty()) return nullptr;
  auto made = std::make_unique<Dictionary>(id, std::move(content));
  const std::uint64_t before = bytes_with(judges, current);
  if (bytes_with(judges, made.get()) >= before - before / kLeastSaving) return nullptr;
  return made;
}

void DictionaryTrainer::learn_when_due() {
  if (learning_ || stopping_ || !dictionaries_.in_use() || sample_.seen_bytes() < due_bytes_) return;
  learning_ = true;
  io::spawn(learn());
}

io::Task<void> DictionaryTrainer::learn() {
  const io::Gate::Holder holder = tasks_.hold();
  const std::vector<std::string> sample = sample_.take();
  due_bytes_ *= kGrowth;
  const std::uint32_t id = dictionaries_.next_id();
  const Dictionary* current = dictionaries_.current();
  std::unique_ptr<Dictionary> made;
  co_await environment_.workers.run([&] { made = train_dictionary(sample, id, current); });
  if (made) {
    Result<void> adopted = co_await dictionaries_.adopt(std::move(made));
    // Nothing is lost: pages are packed as before.
    if (!adopted.ok()) report_(adopted.error());
  }
  learning_ = false;
}

io::Task<void> DictionaryTrainer::stop() {
  stopping_ = true;
  while (!tasks_.idle()) co_await tasks_.wait();
}

}  // namespace terrace::storage
