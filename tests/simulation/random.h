// Random: the seeded source of all chance in the simulation (xoshiro256**, seeded by splitmix64).
// Thread: none of its own, a plain value.
#pragma once

#include <cstdint>

namespace terrace::simulation {

inline std::uint64_t mix(std::uint64_t value) {
  value += 0x9E3779B97F4A7C15ull;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
  return value ^ (value >> 31);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = seed = mix(seed);
  }

  std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  // Uniform in [0, bound); bound above 0.
  std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  // Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  bool chance(double probability) { return probability > 0 && unit() < probability; }
  bool coin() { return (next() >> 63) != 0; }
  // Small numbers often, large ones seldom: uniform in the exponent, in [1, high].
  std::uint64_t skewed(std::uint64_t high) {
    const unsigned bits = 64 - static_cast<unsigned>(__builtin_clzll(high));
    const std::uint64_t value = 1 + (next() & ((std::uint64_t{1} << below(bits + 1)) - 1));
    return value > high ? high : value;
  }

 private:
  __extension__ using Wide = unsigned __int128;

  static std::uint64_t rotate(std::uint64_t value, int count) { return (value << count) | (value >> (64 - count)); }

  std::uint64_t state_[4];
};

}  // namespace terrace::simulation
