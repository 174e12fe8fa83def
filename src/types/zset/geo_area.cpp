#include "src/types/zset/geo_area.h"

#include <algorithm>
#include <cmath>

namespace terrace::types {
namespace {

// Half of the map's width.
constexpr double kMapMetres = 20037726.37;

struct Direction {
  int east;
  int north;
};
// In the order in which they are searched.
constexpr Direction kNeighbours[] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};

// Whether the neighbour in one of the four directions ends before the area.
bool reached_over(const Geohash& middle, const Geohash::Cell& bounds) {
  return middle.neighbour(0, 1).cell().greatest.latitude < bounds.greatest.latitude ||
         middle.neighbour(0, -1).cell().least.latitude > bounds.least.latitude ||
         middle.neighbour(1, 0).cell().greatest.longitude < bounds.greatest.longitude ||
         middle.neighbour(-1, 0).cell().least.longitude > bounds.least.longitude;
}

// Whether the middle cell reaches as far in this direction as the area.
bool needless(const Direction& to, const Geohash::Cell& middle, const Geohash::Cell& bounds) {
  return (to.north < 0 && middle.least.latitude < bounds.least.latitude) ||
         (to.north > 0 && middle.greatest.latitude > bounds.greatest.latitude) ||
         (to.east < 0 && middle.least.longitude < bounds.least.longitude) ||
         (to.east > 0 && middle.greatest.longitude > bounds.greatest.longitude);
}

}  // namespace

std::optional<double> GeoArea::distance_within(const GeoPoint& point) const {
  if (shape == Shape::kCircle) {
    const double distance = distance_metres(center, point);
    return distance > radius * unit_metres ? std::nullopt : std::optional(distance);
  }
  // Along a meridian, then along the point's circle of latitude.
  const double north = GeoPoint::kEarthRadiusMetres * std::fabs(radians(point.latitude) - radians(center.latitude));
  if (north > height * unit_metres / 2) return std::nullopt;
  if (distance_metres(point, {center.longitude, point.latitude}) > width * unit_metres / 2) return std::nullopt;
  return distance_metres(center, point);
}

// Degrees of longitude are shorter towards the nearer pole: the area spans the most of them on that side.
Geohash::Cell GeoArea::bounds() const {
  const bool circle = shape == Shape::kCircle;
  const double up = unit_metres * (circle ? radius : height / 2), aside = unit_metres * (circle ? radius : width / 2);
  const double latitudes = degrees(up / GeoPoint::kEarthRadiusMetres);
  const double nearer = center.latitude < 0 ? center.latitude - latitudes : center.latitude + latitudes;
  const double longitudes = degrees(aside / GeoPoint::kEarthRadiusMetres / std::cos(radians(nearer)));
  return {{center.longitude - longitudes, center.latitude - latitudes},
          {center.longitude + longitudes, center.latitude + latitudes}};
}

// The cell size at which three cells in a row cover the circle around the area.
unsigned GeoArea::covering_steps() const {
  double metres = shape == Shape::kCircle ? radius : std::sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2));
  metres *= unit_metres;
  if (metres == 0) return Geohash::kMaxSteps;
  int steps = 1;
  while (metres < kMapMetres) {
    metres *= 2;
    ++steps;
  }
  steps -= 2;
  // Cells are narrow near the poles.
  if (std::fabs(center.latitude) > 66) --steps;
  if (std::fabs(center.latitude) > 80) --steps;
  return static_cast<unsigned>(std::clamp(steps, 1, static_cast<int>(Geohash::kMaxSteps)));
}

std::vector<Geohash> GeoArea::covering() const {
  const Geohash::Cell area = bounds();
  unsigned steps = covering_steps();
  Geohash middle = Geohash::of(center, steps);
  if (steps > 1 && reached_over(middle, area)) middle = Geohash::of(center, --steps);
  const Geohash::Cell cell = middle.cell();
  std::vector<Geohash> cells{middle};
  for (const Direction& to : kNeighbours) {
    if (steps > 1 && needless(to, cell, area)) continue;
    const Geohash next = middle.neighbour(to.east, to.north);
    // If a cell is half of the earth, its eastern and its western neighbour are the same.
    if (cells.size() == 1 || next != cells.back()) cells.push_back(next);
  }
  return cells;
}

}  // namespace terrace::types
