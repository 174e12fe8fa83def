// The handlers of the geo commands, for the rows in geo_table.cpp.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "src/execution/context.h"

namespace terrace::commands {

// geo_member.cpp
void geoadd(Context& context);
void geodist(Context& context);
void geohash(Context& context);
void geopos(Context& context);

// geo_search.cpp
void georadius(Context& context);
void georadius_ro(Context& context);
void georadiusbymember(Context& context);
void georadiusbymember_ro(Context& context);
void geosearch(Context& context);
void geosearchstore(Context& context);
std::size_t georadius_target(std::span<const std::string_view> arguments);
std::size_t georadiusbymember_target(std::span<const std::string_view> arguments);

}  // namespace terrace::commands
