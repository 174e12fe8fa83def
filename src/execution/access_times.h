// AccessTimes: when keys were last used, for OBJECT IDLETIME. Neither records nor index entries have room for a time, so
// there is one table of fixed size for all keys: each key has the slot that its hash chooses, and the slot has the
// latest time of its keys. The idle time that it tells is exact to a second while fewer keys than slots are in use, and
// may be too small beyond that. It begins anew with each start of the server.
// Ownership: owned by Server. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace terrace {

class AccessTimes {
 public:
  explicit AccessTimes(std::int64_t now_ms) : seconds_(kSlots, seconds_of(now_ms)) {}

  void touch(std::uint64_t hash, unsigned database, std::int64_t now_ms) {
    seconds_[slot_of(hash, database)] = seconds_of(now_ms);
  }
  // As if the key had last been used so long ago.
  void set_idle(std::uint64_t hash, unsigned database, std::int64_t now_ms, std::int64_t idle_seconds) {
    const std::int64_t now = seconds_of(now_ms);
    seconds_[slot_of(hash, database)] = static_cast<std::uint32_t>(now - std::min(now, idle_seconds));
  }
  std::int64_t idle_seconds(std::uint64_t hash, unsigned database, std::int64_t now_ms) const {
    return std::max<std::int64_t>(std::int64_t{seconds_of(now_ms)} - seconds_[slot_of(hash, database)], 0);
  }

 private:
  static constexpr std::size_t kSlots = 1 << 14;

  static std::uint32_t seconds_of(std::int64_t unix_ms) { return static_cast<std::uint32_t>(unix_ms / 1000); }
  static std::size_t slot_of(std::uint64_t hash, unsigned database) { return ((hash >> 40) + database) % kSlots; }

  std::vector<std::uint32_t> seconds_;
};

}  // namespace terrace
