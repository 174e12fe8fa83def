// The geo commands read positions and units among their arguments, and reply positions and distances, by these
// functions. The position of a member is its score (types/zset/geohash.h). A function that returns nothing has replied
// the error.
// Ownership: no state. Thread: any.
#pragma once

#include <optional>

#include "src/execution/context.h"
#include "src/types/zset/geo_point.h"

namespace terrace {

// Longitude and latitude, from argument `index` on.
std::optional<types::GeoPoint> place_argument(Context& context, std::size_t index);
// The length of the named unit in metres.
std::optional<double> unit_argument(Context& context, std::size_t index);

void reply_place(Reply& reply, const types::GeoPoint& place);
void reply_distance(Reply& reply, double distance);

}  // namespace terrace
