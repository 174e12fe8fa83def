// monotonic_ns: the processor's steady time, for measuring what a command takes.
#pragma once

#include <cstdint>
#include <ctime>

namespace terrace {

inline std::uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000u + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace terrace
