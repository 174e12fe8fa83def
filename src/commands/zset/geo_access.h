// How the geo commands read places and units among their arguments, and how they reply places and distances. A member's
// place is its score (types/geohash.h). Where a reading fails, it has replied the error and the handler returns.
// Thread: plain functions, no state.
#pragma once

#include <optional>

#include "src/execution/context.h"
#include "src/types/zset/geo_point.h"

namespace terrace {

// Longitude and latitude, from argument `index` on.
std::optional<types::GeoPoint> place_argument(Context& context, std::size_t index);
// Metres in the unit that is named.
std::optional<double> unit_argument(Context& context, std::size_t index);

void reply_place(Reply& reply, const types::GeoPoint& place);
void reply_distance(Reply& reply, double distance);

}  // namespace terrace
