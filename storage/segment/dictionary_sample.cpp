#include "storage/segment/dictionary_sample.h"

#include <utility>

namespace terrace::storage {

// Vitter's algorithm R: each image seen is in the sample with the same probability, also after places were removed.
void DictionarySample::see(std::string_view image) {
  seen_bytes_ += image.size();
  std::uint64_t place = seen_images_++;
  if (place >= places_) place = random_below(seen_images_);
  if (place >= places_) return;
  if (place == images_.size()) images_.emplace_back();
  bytes_ -= images_[place].size();
  images_[place] = std::string(image.substr(0, kMostImageBytes));
  bytes_ += images_[place].size();
  while (bytes_ > kMostBytes) drop_one();
}

void DictionarySample::drop_one() {
  std::swap(images_[random_below(images_.size())], images_.back());
  bytes_ -= images_.back().size();
  images_.pop_back();
  places_ = images_.size();
}

std::uint64_t DictionarySample::random_below(std::uint64_t bound) {
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;
  return (random_ >> 24) % bound;
}

std::vector<std::string> DictionarySample::take() {
  seen_images_ = seen_bytes_ = bytes_ = 0;
  places_ = kMostImages;
  return std::exchange(images_, {});
}

}  // namespace terrace::storage
