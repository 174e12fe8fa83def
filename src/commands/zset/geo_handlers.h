// The handlers of the geo commands, for the rows in geo_table.cpp.
#pragma once

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

}  // namespace terrace::commands
