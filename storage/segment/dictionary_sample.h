// DictionarySample: a fair sample of the written images, to train a dictionary with; bounded in number and in bytes,
// whatever the size of the images.
// Ownership: owns its copies.
// Thread: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/base/limits.h"

namespace terrace::storage {

class DictionarySample {
 public:
  // The limits: this many images, at most a page's worth of bytes of each, and this many bytes together. Training takes
  // several times as much memory, and a dictionary has only 64 KiB.
  static constexpr std::size_t kMostImages = kTinyLimits ? 64 : 2048;
  static constexpr std::size_t kMostImageBytes = kPageSize;
  static constexpr std::size_t kMostBytes = kMostImages * kMostImageBytes / 4;

  explicit DictionarySample(std::uint64_t random_seed) : random_(random_seed) {}

  void see(std::string_view image);
  // Bytes of all images offered since the last take().
  std::uint64_t seen_bytes() const { return seen_bytes_; }
  std::size_t bytes() const { return bytes_; }
  // Returns the sample and starts a new one.
  std::vector<std::string> take();

 private:
  void drop_one();
  std::uint64_t random_below(std::uint64_t bound);

  std::vector<std::string> images_;
  std::size_t bytes_ = 0;
  std::size_t places_ = kMostImages;  // fewer if images are large
  std::uint64_t seen_images_ = 0;
  std::uint64_t seen_bytes_ = 0;
  std::uint64_t random_;
};

}  // namespace terrace::storage
