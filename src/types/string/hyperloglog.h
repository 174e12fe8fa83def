// HyperLogLog: a string's bytes as a sketch of a set, which gives the set's size within about a percent; byte for byte
// as in Redis:
//
//   | "HYLL" | form u8 | 3 zero bytes | count u64, little-endian | registers |
//
// The count is cached; if its highest bit is set it must be computed again. Each of the 2^14 registers has the highest
// rank of the elements whose hash begins with its number. Form 0: dense (hll_dense.h), 1: sparse (hll_sparse.h).
// Clients can write such bytes with SET, so the registers are validated when they are read.
// Ownership: views borrow, HyperLogLog owns.
// Thread: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/types/string/hll_dense.h"
#include "src/types/string/hll_sparse.h"

namespace terrace::types {

struct HllObservation {
  std::uint32_t index;
  std::uint8_t rank;

  static HllObservation of(std::string_view element);
};

using HllRegisters = std::array<std::uint8_t, kHllRegisters>;

class HyperLogLogView {
 public:
  static constexpr std::size_t kHeaderSize = 16;

  // nullopt: the bytes do not begin like a HyperLogLog, or a dense one has the wrong size.
  static std::optional<HyperLogLogView> of(std::string_view bytes);

  bool is_dense() const { return dense_; }
  std::optional<std::uint64_t> known_count() const;
  // nullopt: the registers are corrupt.
  std::optional<std::uint64_t> count() const;
  // Raises registers to those of this one. False: it is corrupt.
  bool merge_into(HllRegisters& registers) const;
  std::string_view runs() const { return bytes_.substr(kHeaderSize); }  // of a sparse one
  std::uint8_t dense_register(std::uint32_t index) const { return types::dense_register(runs().data(), index); }

 private:
  HyperLogLogView(std::string_view bytes, bool dense) : bytes_(bytes), dense_(dense) {}

  std::string_view bytes_;
  bool dense_;
};

// Marks the count in the header as invalid.
void forget_hll_count(char* bytes);
void store_hll_count(char* bytes, std::uint64_t count);
std::uint64_t count_registers(const HllRegisters& registers);

// A HyperLogLog that is made or edited outside of its key.
class HyperLogLog {
 public:
  HyperLogLog();  // empty, sparse
  // The bytes must be a HyperLogLog's.
  explicit HyperLogLog(std::string_view bytes) : bytes_(bytes) {}

  // kRaised, kLower or kCorrupt. A sparse one that would exceed max_sparse_bytes becomes dense.
  HllRaise raise(HllObservation seen, std::size_t max_sparse_bytes);
  // False: it is corrupt.
  bool make_dense();
  void forget_count() { forget_hll_count(bytes_.data()); }

  HyperLogLogView view() const { return *HyperLogLogView::of(bytes_); }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace terrace::types
