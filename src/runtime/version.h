// The version of this server, and the version of Redis whose behaviour it has.
#pragma once

#include <string_view>

namespace terrace {

inline constexpr std::string_view kVersion = "0.1.0";
inline constexpr std::string_view kRedisVersion = "7.0.15";

}  // namespace terrace
