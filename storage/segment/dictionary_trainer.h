// DictionaryTrainer: keeps a fair sample of what is spilled. When enough was seen, a worker trains a dictionary with
// it; if that makes pages smaller, the store uses it from then on. The next training is due after eight times as many
// bytes, so that a store has few dictionaries and gets a new one when its content has changed.
// Ownership: borrows environment and dictionaries.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/base/limits.h"
#include "storage/segment/dictionaries.h"
#include "storage/segment/dictionary_sample.h"

namespace terrace::storage {

// Trains with `images`, a quarter of which only measure the result, by zstd's ZDICT (fast cover). Only the content is
// used: LZ4 has no entropy tables. nullptr if it would not make them smaller by a twentieth than `current` does
// (nullptr: than no dictionary). Takes about a tenth of a second for a megabyte of images. Thread: any.
std::unique_ptr<Dictionary> train_dictionary(std::span<const std::string> images, std::uint32_t id,
                                             const Dictionary* current);

class DictionaryTrainer {
 public:
  DictionaryTrainer(const io::Environment& environment, Dictionaries& dictionaries,
                    const std::function<void(const Error&)>& report)
      : environment_(environment), dictionaries_(dictionaries), report_(report), sample_(environment.random_seed) {}
  ~DictionaryTrainer() { TERRACE_CHECK(tasks_.idle()); }

  void see(std::string_view image) { sample_.see(image); }
  // Starts training if enough was seen since the last time.
  void learn_when_due();
  // Waits for training in progress; none starts afterwards.
  io::Task<void> stop();

 private:
  io::Task<void> learn();

  const io::Environment& environment_;
  Dictionaries& dictionaries_;
  std::function<void(const Error&)> report_;
  DictionarySample sample_;
  std::uint64_t due_bytes_ = kFirstLearningBytes;
  bool learning_ = false;
  bool stopping_ = false;
  io::Gate tasks_;

  static constexpr std::uint64_t kFirstLearningBytes = kTinyLimits ? 8 * kKiB : kMiB;
  static constexpr std::uint64_t kGrowth = 8;
};

}  // namespace terrace::storage
