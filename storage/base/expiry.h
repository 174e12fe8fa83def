// Expiry: when a record, or a part of its value, expires. Times are Unix milliseconds.
// Thread: plain values.
#pragma once

#include <algorithm>
#include <cstdint>

namespace terrace::storage {

inline constexpr std::int64_t kNoExpiry = -1;  // as Redis' own "no TTL"

// The earlier of two times, each of which may be kNoExpiry.
constexpr std::int64_t sooner(std::int64_t a, std::int64_t b) {
  if (a == kNoExpiry || b == kNoExpiry) return std::max(a, b);
  return std::min(a, b);
}

// Whether the record expires, and whether parts of its value do, each at its own time.
struct Expires {
  bool whole = false;
  bool parts = false;
};

}  // namespace terrace::storage
