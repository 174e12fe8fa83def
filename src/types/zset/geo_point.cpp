#include "src/types/zset/geo_point.h"

#include <algorithm>
#include <cmath>

namespace terrace::types {

double distance_metres(const GeoPoint& a, const GeoPoint& b) {
  const double latitude_a = radians(a.latitude), latitude_b = radians(b.latitude);
  const double u = std::sin((latitude_b - latitude_a) / 2);
  const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
  const double square = u * u + std::cos(latitude_a) * std::cos(latitude_b) * v * v;
  // Rounding may give more than 1 for opposite points, which has no arc sine.
  return 2.0 * GeoPoint::kEarthRadiusMetres * std::asin(std::min(std::sqrt(square), 1.0));
}

}  // namespace terrace::types
