// Expiry: when a record, or a part of its value, is over. Times are Unix milliseconds.
// Thread: plain values.
#pragma once

#include <algorithm>
#include <cstdint>

namespace terrace::storage {

inline constexpr std::int64_t kNoExpiry = -1;  // as Redis' own "no TTL"

// The earlier of two times, of which either may be none.
constexpr std::int64_t sooner(std::int64_t a, std::int64_t b) {
  if (a == kNoExpiry || b == kNoExpiry) return std::max(a, b);
  return std::min(a, b);
}

// What of a record expires: all of it, or parts of its value, each at a time of its own.
struct Expires {
  bool whole = false;
  bool parts = false;
};

}  // namespace terrace::storage
