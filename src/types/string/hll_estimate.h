// HllEstimate: the number of different elements that a HyperLogLog's registers have seen, by O. Ertl's improved raw
// estimator ("New cardinality estimation algorithms for HyperLogLog sketches", 2017, section 2).
// Thread: a plain value.
#pragma once

#include <array>
#include <cstdint>

namespace terrace::types {

inline constexpr unsigned kHllIndexBits = 14;
inline constexpr std::uint32_t kHllRegisters = 1u << kHllIndexBits;
inline constexpr unsigned kHllRankBits = 64 - kHllIndexBits;  // the bits of the hash for the rank

// The number of registers with each value.
class HllHistogram {
 public:
  void add(std::uint8_t value, std::uint32_t registers = 1) { counts_[value] += registers; }
  std::uint64_t estimate() const;

 private:
  std::array<std::uint32_t, 256> counts_ = {};
};

}  // namespace terrace::types
