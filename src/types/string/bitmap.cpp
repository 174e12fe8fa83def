#include "src/types/string/bitmap.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace terrace::types {
namespace {

using Word = std::uint64_t;
constexpr std::size_t kWordBytes = sizeof(Word);
constexpr Word kAllOnes = ~Word{0};

Word load(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t ones_of(std::uint8_t byte) {
  return static_cast<std::uint64_t>(std::popcount(byte));
}

// Four independent sums, so that no count waits for the one before. Inlined into functions that are compiled for
// different processor features.
[[gnu::always_inline]] inline std::uint64_t sum_ones(const char* bytes, std::size_t words) {
  std::uint64_t sums[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= words; i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      sums[lane] += static_cast<std::uint64_t>(__builtin_popcountll(load(bytes + (i + lane) * kWordBytes)));
    }
  }
  for (; i < words; ++i) sums[0] += static_cast<std::uint64_t>(__builtin_popcountll(load(bytes + i * kWordBytes)));
  return sums[0] + sums[1] + sums[2] + sums[3];
}

std::uint64_t sum_portably(const char* bytes, std::size_t words) {
  return sum_ones(bytes, words);
}

#if defined(__x86_64__)
// The instruction is newer than the oldest supported processors.
[[gnu::target("popcnt")]] std::uint64_t sum_by_instruction(const char* bytes, std::size_t words) {
  return sum_ones(bytes, words);
}

std::uint64_t count_ones(const char* bytes, std::size_t words) {
  static const bool there = __builtin_cpu_supports("popcnt") != 0;
  return there ? sum_by_instruction(bytes, words) : sum_portably(bytes, words);
}
#else
std::uint64_t count_ones(const char* bytes, std::size_t words) {
  return sum_portably(bytes, words);
}
#endif

// A byte's bits from `first` on; and those up to `last`.
std::uint8_t mask_from(std::uint64_t first) {
  return static_cast<std::uint8_t>(0xff >> (first & 7));
}
std::uint8_t mask_to(std::uint64_t last) {
  return static_cast<std::uint8_t>(0xff << (7 - (last & 7)));
}

std::uint8_t byte_at(std::string_view bytes, std::uint64_t index) {
  return static_cast<std::uint8_t>(bytes[index]);
}

// The first set bit of a byte, from the highest bit on.
std::uint64_t first_one(std::uint8_t byte) {
  return static_cast<std::uint64_t>(std::countl_zero(byte));
}

// One block of each source at a time: it stays in the cache while the sources are combined; and its constant size lets
// the compiler vectorise each loop.
constexpr std::size_t kBlockWords = 128;
constexpr std::size_t kBlockBytes = kBlockWords * kWordBytes;
struct Block {
  Word words[kBlockWords];
};

void load_block(Block& block, std::string_view source, std::size_t at) {
  const std::size_t there = at < source.size() ? std::min(source.size() - at, kBlockBytes) : 0;
  if (there > 0) std::memcpy(block.words, source.data() + at, there);
  std::memset(reinterpret_cast<char*>(block.words) + there, 0, kBlockBytes - there);
}

template <typename Step>
void apply(Block& result, const Block& source, Step step) {
  for (std::size_t i = 0; i < kBlockWords; ++i) result.words[i] = step(result.words[i], source.words[i]);
}

// Computes the combination block by block.
class BlockCombiner {
 public:
  BlockCombiner(BitOperation operation, std::span<const std::string_view> sources)
      : operation_(operation), sources_(sources) {}

  const Block& at(std::size_t offset) {
    load_block(result_, sources_[0], offset);
    switch (operation_) {
      case BitOperation::kAnd:
        fold(offset, [](Word a, Word b) { return a & b; });
        break;
      case BitOperation::kOr:
        fold(offset, [](Word a, Word b) { return a | b; });
        break;
      case BitOperation::kXor:
        fold(offset, [](Word a, Word b) { return a ^ b; });
        break;
      case BitOperation::kNot:
        apply(result_, result_, [](Word a, Word) { return ~a; });
        break;
      case BitOperation::kDiff:
        with_others(offset, [](Word first, Word others) { return first & ~others; });
        break;
      case BitOperation::kDiff1:
        with_others(offset, [](Word first, Word others) { return ~first & others; });
        break;
      case BitOperation::kAndOr:
        with_others(offset, [](Word first, Word others) { return first & others; });
        break;
      case BitOperation::kOne:
        only_one(offset);
        break;
    }
    return result_;
  }

 private:
  template <typename Step>
  void fold(std::size_t offset, Step step) {
    for (const std::string_view source : sources_.subspan(1)) {
      load_block(source_, source, offset);
      apply(result_, source_, step);
    }
  }

  template <typename Step>
  void with_others(std::size_t offset, Step step) {
    others_ = {};
    for (const std::string_view source : sources_.subspan(1)) {
      load_block(source_, source, offset);
      apply(others_, source_, [](Word a, Word b) { return a | b; });
    }
    apply(result_, others_, step);
  }

  // `others_` has the bits that two sources have had.
  void only_one(std::size_t offset) {
    others_ = {};
    for (const std::string_view source : sources_.subspan(1)) {
      load_block(source_, source, offset);
      for (std::size_t i = 0; i < kBlockWords; ++i) {
        others_.words[i] |= result_.words[i] & source_.words[i];
        result_.words[i] |= source_.words[i];
      }
    }
    apply(result_, others_, [](Word any, Word twice) { return any & ~twice; });
  }

  BitOperation operation_;
  std::span<const std::string_view> sources_;
  Block result_;
  Block source_;
  Block others_;
};

}  // namespace

bool bit_at(std::string_view bytes, std::uint64_t offset) {
  const std::uint64_t index = offset / 8;
  return index < bytes.size() && (byte_at(bytes, index) >> (7 - offset % 8) & 1) != 0;
}

void set_bit(char* bytes, std::uint64_t offset, bool bit) {
  const unsigned mask = 0x80u >> offset % 8;
  const unsigned byte = static_cast<std::uint8_t>(bytes[offset / 8]);
  bytes[offset / 8] = static_cast<char>(bit ? byte | mask : byte & ~mask);
}

std::uint64_t count_bits(std::string_view bytes, BitRange range) {
  const std::uint64_t first = range.first / 8;
  const std::uint64_t last = range.last / 8;
  std::uint64_t count = 0;
  // Counts whole bytes, then subtracts the excess at both ends.
  const std::uint64_t size = last - first + 1;
  const std::uint64_t words = size / kWordBytes;
  count += count_ones(bytes.data() + first, words);
  for (std::uint64_t i = first + words * kWordBytes; i <= last; ++i) count += ones_of(byte_at(bytes, i));
  count -= ones_of(byte_at(bytes, first) & static_cast<std::uint8_t>(~mask_from(range.first)));
  count -= ones_of(byte_at(bytes, last) & static_cast<std::uint8_t>(~mask_to(range.last)));
  return count;
}

std::optional<std::uint64_t> find_bit(std::string_view bytes, BitRange range, bool bit) {
  const std::uint64_t last = range.last / 8;
  std::uint64_t at = range.first / 8;
  const std::uint8_t flip = bit ? 0 : 0xff;  // so that the searched bit is a 1
  std::uint8_t mask = mask_from(range.first);
  const Word dull = bit ? 0 : kAllOnes;
  while (at <= last) {
    if (mask == 0xff) {
      const auto differs = [&](std::uint64_t place) { return load(bytes.data() + place) ^ dull; };
      // Four words together: then memory bandwidth is the limit.
      while (last - at >= 4 * kWordBytes && (differs(at) | differs(at + kWordBytes) | differs(at + 2 * kWordBytes) |
                                             differs(at + 3 * kWordBytes)) == 0) {
        at += 4 * kWordBytes;
      }
      while (last - at >= kWordBytes && differs(at) == 0) at += kWordBytes;
    }
    if (at == last) mask &= mask_to(range.last);
    const auto byte = static_cast<std::uint8_t>((byte_at(bytes, at) ^ flip) & mask);
    if (byte != 0) return at * 8 + first_one(byte);
    mask = 0xff;
    ++at;
  }
  return std::nullopt;
}

void combine_bits(BitOperation operation, std::span<const std::string_view> sources, char* out, std::size_t size) {
  BlockCombiner combiner(operation, sources);
  for (std::size_t at = 0; at < size; at += kBlockBytes) {
    std::memcpy(out + at, combiner.at(at).words, std::min(size - at, kBlockBytes));
  }
}

}  // namespace terrace::types
