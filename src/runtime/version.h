// The version of this server, and the version of Redis whose behaviour it has.
#pragma once

#include <string_view>

namespace terrace {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kRedisVersion = "7.4.7";

// 0x00MMmmpp, as scripts see it.
constexpr int redis_version_number() {
  int number = 0, part = 0;
  for (const char c : kRedisVersion) {
    if (c != '.') {
      part = part * 10 + (c - '0');
      continue;
    }
    number = (number << 8) | part;
    part = 0;
  }
  return (number << 8) | part;
}

}  // namespace terrace
