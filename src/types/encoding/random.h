// Random: a sequence of numbers determined by one seed (SplitMix64), for choices among a collection's elements.
// Thread: a plain value.
#pragma once

#include <cstdint>

namespace terrace::types {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t operator()() {
    std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15ull;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBull;
    return mixed ^ mixed >> 31;
  }
  // A number from 0 to `bound` - 1.
  std::uint64_t below(std::uint64_t bound) { return (*this)() % bound; }

 private:
  std::uint64_t state_;
};

}  // namespace terrace::types
