// GeoPoint: a place on the earth in degrees, and the distance between two of them on a sphere, which is what Redis
// takes the earth for. Thread: a plain value.
// Source: the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984).
#pragma once

#include <numbers>

namespace terrace::types {

struct GeoPoint {
  // Places beyond are refused. The latitude is that at which a web map's square ends (EPSG:3857).
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

// Rounded by the order of the operations, so that distances have the digits that Redis' have.
constexpr double radians(double degrees) {
  return degrees * (std::numbers::pi / 180.0);
}
constexpr double degrees(double radians) {
  return radians / (std::numbers::pi / 180.0);
}

double distance_metres(const GeoPoint& a, const GeoPoint& b);

}  // namespace terrace::types
