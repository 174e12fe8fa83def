// HllSparse: the registers of a HyperLogLog as runs of equal registers, while most are zero. The runs, as in Redis:
//
//   00xxxxxx            x+1 zeros
//   01xxxxxx yyyyyyyy   xy+1 zeros
//   1vvvvvxx            x+1 times v+1
//
// Ownership: borrows the bytes it reads; edits a string of the caller's.
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/types/string/hll_estimate.h"

namespace terrace::types {

struct HllRun {
  static constexpr std::uint32_t kMaxShortZeros = 64;
  static constexpr std::uint32_t kMaxValues = 4;
  static constexpr std::uint8_t kMaxValue = 32;

  std::uint8_t value;
  std::uint32_t registers;
  std::size_t bytes;  // that encode it

  // The run at `at`; nullopt at the end, or if the run is incomplete.
  static std::optional<HllRun> read(std::string_view bytes, std::size_t at);
};

// Visits all runs. False: they do not make up exactly all registers.
template <typename Visit>
bool for_each_hll_run(std::string_view runs, const Visit& visit) {
  std::uint32_t registers = 0;
  std::size_t at = 0;
  while (const auto run = HllRun::read(runs, at)) {
    if (run->registers > kHllRegisters - registers) return false;
    visit(*run);
    registers += run->registers;
    at += run->bytes;
  }
  return at == runs.size() && registers == kHllRegisters;
}

enum class HllRaise : std::uint8_t {
  kLower,  // the register has this value or a higher one
  kRaised,
  kNoRoom,   // runs cannot encode it, or not in so many bytes: nothing was changed
  kCorrupt,  // no run has the register
};

// Raises a register in `text`, whose runs begin at `first_run` and which may become up to `max_size` bytes long.
HllRaise raise_sparse_register(std::string& text, std::size_t first_run, std::uint32_t index, std::uint8_t value,
                               std::size_t max_size);

// The runs of 16384 zeros.
std::string empty_hll_runs();

}  // namespace terrace::types
