// GeoPoint: a point on the earth in degrees, and the distance of two points on a sphere, as Redis computes it.
// Thread: a plain value. Source: the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope
// 68, 1984).
#pragma once

#include <numbers>

namespace terrace::types {

struct GeoPoint {
  // Points beyond are refused. The latitude is where a web map's square ends (EPSG:3857).
  static constexpr double kMaxLongitude = 180;
  static constexpr double kMaxLatitude = 85.05112878;
  static constexpr double kEarthRadiusMetres = 6372797.560856;

  double longitude = 0;
  double latitude = 0;

  bool within_limits() const {
    return longitude >= -kMaxLongitude && longitude <= kMaxLongitude && latitude >= -kMaxLatitude &&
           latitude <= kMaxLatitude;
  }
};

// In this order of operations, the rounding gives distances the same digits as in Redis.
constexpr double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}
constexpr double degrees(double radians) {
  return radians / (std::numbers::pi / 180.0);
}

double distance_metres(const GeoPoint& a, const GeoPoint& b);

}  // namespace terrace::types
