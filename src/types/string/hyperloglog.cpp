#include "src/types/string/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace terrace::types {
namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr std::size_t kFormAt = 4;
constexpr std::size_t kCountAt = 8;
constexpr char kDense = 0;
constexpr char kSparse = 1;
constexpr std::uint64_t kForgotten = std::uint64_t{1} << 63;
constexpr std::uint64_t kHashSeed = 0xadc83b19;  // Redis' seed: another would use other registers

std::uint64_t load_count(const char* bytes) {
  std::uint64_t count = 0;
  for (unsigned i = 0; i < 8; ++i) count |= std::uint64_t{static_cast<std::uint8_t>(bytes[kCountAt + i])} << 8 * i;
  return count;
}

// MurmurHash64A, by Austin Appleby, in the public domain.
std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr unsigned kShift = 47;
  std::uint64_t hash = kHashSeed ^ (text.size() * kMultiplier);
  const auto mix = [&hash](std::uint64_t word) {
    word *= kMultiplier;
    word ^= word >> kShift;
    hash = (hash ^ word * kMultiplier) * kMultiplier;
  };
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word;
    std::memcpy(&word, text.data(), sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    mix(word);
  }
  if (!text.empty()) {
    for (std::size_t i = 0; i < text.size(); ++i) hash ^= std::uint64_t{static_cast<std::uint8_t>(text[i])} << 8 * i;
    hash *= kMultiplier;
  }
  hash ^= hash >> kShift;
  hash *= kMultiplier;
  return hash ^ hash >> kShift;
}

}  // namespace

HllObservation HllObservation::of(std::string_view element) {
  const std::uint64_t hash = hash_of(element);
  // The bit above the hash limits the rank.
  const std::uint64_t rest = hash >> kHllIndexBits | std::uint64_t{1} << kHllRankBits;
  return {static_cast<std::uint32_t>(hash % kHllRegisters), static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

std::optional<HyperLogLogView> HyperLogLogView::of(std::string_view bytes) {
  if (bytes.size() < kHeaderSize || !bytes.starts_with(kMagic)) return std::nullopt;
  const char form = bytes[kFormAt];
  if (form == kSparse) return HyperLogLogView(bytes, false);
  if (form != kDense || bytes.size() != kHeaderSize + kHllDenseBytes) return std::nullopt;
  return HyperLogLogView(bytes, true);
}

std::optional<std::uint64_t> HyperLogLogView::known_count() const {
  const std::uint64_t count = load_count(bytes_.data());
  if ((count & kForgotten) != 0) return std::nullopt;
  return count;
}

std::optional<std::uint64_t> HyperLogLogView::count() const {
  HllHistogram histogram;
  if (dense_) {
    for (std::uint32_t i = 0; i < kHllRegisters; ++i) histogram.add(dense_register(i));
  } else if (!for_each_hll_run(runs(), [&](const HllRun& run) { histogram.add(run.value, run.registers); })) {
    return std::nullopt;
  }
  return histogram.estimate();
}

bool HyperLogLogView::merge_into(HllRegisters& registers) const {
  if (dense_) {
    for (std::uint32_t i = 0; i < kHllRegisters; ++i) registers[i] = std::max(registers[i], dense_register(i));
    return true;
  }
  std::uint32_t index = 0;
  return for_each_hll_run(runs(), [&](const HllRun& run) {
    for (std::uint32_t i = 0; run.value > 0 && i < run.registers; ++i) {
      registers[index + i] = std::max(registers[index + i], run.value);
    }
    index += run.registers;
  });
}

void forget_hll_count(char* bytes) {
  bytes[HyperLogLogView::kHeaderSize - 1] = static_cast<char>(bytes[HyperLogLogView::kHeaderSize - 1] | 0x80);
}

void store_hll_count(char* bytes, std::uint64_t count) {
  for (unsigned i = 0; i < 8; ++i) bytes[kCountAt + i] = static_cast<char>(count >> 8 * i);
}

std::uint64_t count_registers(const HllRegisters& registers) {
  HllHistogram histogram;
  for (const std::uint8_t value : registers) histogram.add(value);
  return histogram.estimate();
}

HyperLogLog::HyperLogLog() : bytes_(HyperLogLogView::kHeaderSize, '\0') {
  bytes_.replace(0, kMagic.size(), kMagic);
  bytes_[kFormAt] = kSparse;
  bytes_ += empty_hll_runs();
}

HllRaise HyperLogLog::raise(HllObservation seen, std::size_t max_sparse_bytes) {
  constexpr std::size_t kFirst = HyperLogLogView::kHeaderSize;
  if (!view().is_dense()) {
    const HllRaise raised = raise_sparse_register(bytes_, kFirst, seen.index, seen.rank, max_sparse_bytes);
    if (raised != HllRaise::kNoRoom) return raised;
    if (!make_dense()) return HllRaise::kCorrupt;
  }
  if (dense_register(bytes_.data() + kFirst, seen.index) >= seen.rank) return HllRaise::kLower;
  set_dense_register(bytes_.data() + kFirst, seen.index, seen.rank);
  return HllRaise::kRaised;
}

bool HyperLogLog::make_dense() {
  if (view().is_dense()) return true;
  HllRegisters registers = {};
  if (!view().merge_into(registers)) return false;
  std::string dense(HyperLogLogView::kHeaderSize + kHllDenseBytes, '\0');
  bytes_.copy(dense.data(), HyperLogLogView::kHeaderSize);
  dense[kFormAt] = kDense;
  for (std::uint32_t i = 0; i < kHllRegisters; ++i) {
    if (registers[i] > 0) set_dense_register(dense.data() + HyperLogLogView::kHeaderSize, i, registers[i]);
  }
  bytes_ = std::move(dense);
  return true;
}

}  // namespace terrace::types
