// Drand48: the generator of math.random in scripts: the numbers of Redis in the same order, also after a seed.
// Ownership: plain value. Thread: any.
#pragma once

#include <cstdint>

namespace terrace {

class Drand48 {
 public:
  static constexpr std::int32_t kMost = INT32_MAX;

  void seed(std::int32_t value) { state_ = (std::uint64_t{static_cast<std::uint32_t>(value)} << 16) | kSeedLow; }
  // Between 0 and kMost.
  std::int32_t next() {
    state_ = (state_ * kFactor + kAddend) & kMask;
    return static_cast<std::int32_t>(state_ >> 17);
  }

 private:
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 48) - 1;
  static constexpr std::uint64_t kFactor = 0x5DEECE66D;
  static constexpr std::uint64_t kAddend = 0xB;
  static constexpr std::uint64_t kSeedLow = 0x330E;

  std::uint64_t state_ = 0x1234ABCD330E;
};

}  // namespace terrace
