// CommandUsage: counts the calls of one command, their time and failures, and has a histogram of their durations with a
// relative error below 1/32.
// Ownership: part of its CommandEntry. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>

namespace terrace {

class LatencyHistogram {
 public:
  static constexpr std::uint64_t kMaxNs = 1000000000;

  void record(std::uint64_t ns) {
    ++counts_[bucket(std::clamp<std::uint64_t>(ns, 1, kMaxNs))];
    ++total_;
  }
  std::uint64_t total() const { return total_; }

  // The number of values up to `ns`.
  std::uint64_t count_up_to(std::uint64_t ns) const {
    std::uint64_t count = 0;
    for (unsigned i = 0; i <= bucket(std::min(ns, kMaxNs)); ++i) count += counts_[i];
    return count;
  }
  // A value that `percent` of all values do not exceed.
  std::uint64_t percentile(double percent) const {
    std::uint64_t wanted = static_cast<std::uint64_t>(percent / 100 * static_cast<double>(total_) + 0.5);
    std::uint64_t count = 0;
    for (unsigned i = 0; i < kBuckets; ++i) {
      count += counts_[i];
      if (count >= std::max<std::uint64_t>(wanted, 1)) return upper_bound(i);
    }
    return kMaxNs;
  }

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr unsigned kBuckets = (31 - kSubBits) << kSubBits;

  static unsigned bucket(std::uint64_t value) {
    if (value < (1u << kSubBits)) return static_cast<unsigned>(value);
    unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kSubBits;
    return (shift << kSubBits) + static_cast<unsigned>(value >> shift);
  }
  static std::uint64_t upper_bound(unsigned index) {
    if (index < (2u << kSubBits)) return index;
    unsigned shift = (index >> kSubBits) - 1;
    return ((std::uint64_t{index & ((1u << kSubBits) - 1)} + (1u << kSubBits) + 1) << shift) - 1;
  }

  std::uint64_t counts_[kBuckets] = {};
  std::uint64_t total_ = 0;
};

struct CommandUsage {
  std::uint64_t calls = 0;
  std::uint64_t time_ns = 0;
  std::uint64_t rejected = 0;  // refused before it ran
  std::uint64_t failed = 0;    // answered with an error
  std::unique_ptr<LatencyHistogram> latency;

  void record_latency(std::uint64_t ns) {
    if (!latency) latency = std::make_unique<LatencyHistogram>();
    latency->record(ns);
  }
  void reset() { *this = {}; }
};

}  // namespace terrace
