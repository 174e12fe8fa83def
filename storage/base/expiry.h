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

// A time of expiry in the tables that memory holds: the number of the quarter of a second, counted from 2023, at whose
// end it is over. The quarters reach to 2057; what expires later counts as due then.
using ExpiryTick = std::uint32_t;
inline constexpr ExpiryTick kNoTick = 0;  // no expiry
inline constexpr std::int64_t kTickMs = 250;
inline constexpr std::int64_t kFirstTickMs = 1'672'531'200'000;

constexpr ExpiryTick expiry_tick(std::int64_t time_ms) {
  if (time_ms == kNoExpiry) return kNoTick;
  const std::int64_t since_ms = std::max(time_ms, kFirstTickMs) - kFirstTickMs;
  return static_cast<ExpiryTick>(std::min<std::int64_t>(since_ms / kTickMs + 1, UINT32_MAX));
}
constexpr ExpiryTick sooner_tick(ExpiryTick a, ExpiryTick b) {
  return a == kNoTick || b == kNoTick ? std::max(a, b) : std::min(a, b);
}
// The last tick that is over: all that has a tick up to this one has expired.
constexpr ExpiryTick over_tick(std::int64_t now_ms) {
  return expiry_tick(std::max(now_ms, kFirstTickMs)) - 1;
}
// In a checkpoint times are Unix seconds, rounded down: what is looked at too early is looked at again.
constexpr std::uint32_t tick_seconds(ExpiryTick tick) {
  return tick == kNoTick ? 0 : static_cast<std::uint32_t>((kFirstTickMs + (std::int64_t{tick} - 1) * kTickMs) / 1000);
}
constexpr ExpiryTick tick_of_seconds(std::uint32_t seconds) {
  return seconds == 0 ? kNoTick : expiry_tick(std::int64_t{seconds} * 1000);
}

// Whether the record expires, and whether parts of its value do, each at its own time.
struct Expires {
  bool whole = false;
  bool parts = false;
};

}  // namespace terrace::storage
