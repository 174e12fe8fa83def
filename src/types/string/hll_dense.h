// HllDense: the registers of a HyperLogLog in sequence, six bits each, the lowest bits of a byte first.
// Ownership: borrows the bytes.
// Thread: pure functions.
#pragma once

#include <cstdint>

#include "src/types/string/hll_estimate.h"

namespace terrace::types {

inline constexpr unsigned kHllRegisterBits = 6;
inline constexpr std::size_t kHllDenseBytes = kHllRegisters * kHllRegisterBits / 8;

inline std::uint8_t dense_register(const char* bytes, std::uint32_t index) {
  const std::size_t bit = std::size_t{index} * kHllRegisterBits;
  const std::size_t at = bit / 8;
  unsigned window = static_cast<std::uint8_t>(bytes[at]);
  // The last register ends with the last byte.
  if (at + 1 < kHllDenseBytes) window |= unsigned{static_cast<std::uint8_t>(bytes[at + 1])} << 8;
  return static_cast<std::uint8_t>(window >> bit % 8 & 0x3f);
}

inline void set_dense_register(char* bytes, std::uint32_t index, std::uint8_t value) {
  const std::size_t bit = std::size_t{index} * kHllRegisterBits;
  const std::size_t at = bit / 8;
  const unsigned mask = 0x3fu << bit % 8;
  const unsigned number = unsigned{value} << bit % 8;
  bytes[at] = static_cast<char>((static_cast<std::uint8_t>(bytes[at]) & ~mask) | number);
  if (mask > 0xff) {
    bytes[at + 1] = static_cast<char>((static_cast<std::uint8_t>(bytes[at + 1]) & ~(mask >> 8)) | number >> 8);
  }
}

}  // namespace terrace::types
