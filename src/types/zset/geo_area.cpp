#include "src/types/zset/geo_area.h"

#include <algorithm>
#include <cmath>
#include <utility>

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

GeoArea GeoArea::polygon(std::vector<GeoPoint> vertices) {
  GeoArea area{.shape = Shape::kPolygon, .center = {}, .vertices = std::move(vertices)};
  for (const GeoPoint& vertex : area.vertices) {
    area.center.longitude += vertex.longitude;
    area.center.latitude += vertex.latitude;
  }
  area.center.longitude /= static_cast<double>(area.vertices.size());
  area.center.latitude /= static_cast<double>(area.vertices.size());
  return area;
}

// On the map, edges are straight lines of longitude and latitude. A ray from the point to the east crosses them an odd
// number of times if it begins within the polygon.
bool GeoArea::within_polygon(const GeoPoint& point) const {
  bool within = false;
  const GeoPoint* from = &vertices.back();
  for (const GeoPoint& to : vertices) {
    if ((to.latitude > point.latitude) != (from->latitude > point.latitude)) {
      const double part = (point.latitude - to.latitude) / (from->latitude - to.latitude);
      if (point.longitude < to.longitude + (from->longitude - to.longitude) * part) within = !within;
    }
    from = &to;
  }
  return within;
}

std::optional<double> GeoArea::distance_within(const GeoPoint& point) const {
  if (shape == Shape::kPolygon) {
    return within_polygon(point) ? std::optional(distance_metres(center, point)) : std::nullopt;
  }
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
  if (shape == Shape::kPolygon) {
    Geohash::Cell around{vertices.front(), vertices.front()};
    for (const GeoPoint& vertex : vertices) {
      around.least.longitude = std::min(around.least.longitude, vertex.longitude);
      around.least.latitude = std::min(around.least.latitude, vertex.latitude);
      around.greatest.longitude = std::max(around.greatest.longitude, vertex.longitude);
      around.greatest.latitude = std::max(around.greatest.latitude, vertex.latitude);
    }
    return around;
  }
  const bool circle = shape == Shape::kCircle;
  const double up = unit_metres * (circle ? radius : height / 2), aside = unit_metres * (circle ? radius : width / 2);
  const double latitudes = degrees(up / GeoPoint::kEarthRadiusMetres);
  const double nearer = center.latitude < 0 ? center.latitude - latitudes : center.latitude + latitudes;
  const double longitudes = degrees(aside / GeoPoint::kEarthRadiusMetres / std::cos(radians(nearer)));
  return {{center.longitude - longitudes, center.latitude - latitudes},
          {center.longitude + longitudes, center.latitude + latitudes}};
}

double GeoArea::covering_radius_metres() const {
  switch (shape) {
    case Shape::kCircle:
      return radius * unit_metres;
    case Shape::kBox:
      return std::sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unit_metres;
    case Shape::kPolygon:
      break;
  }
  const Geohash::Cell around = bounds();
  double farthest = 0;
  for (const double longitude : {around.least.longitude, around.greatest.longitude}) {
    for (const double latitude : {around.least.latitude, around.greatest.latitude}) {
      farthest = std::max(farthest, distance_metres(center, {longitude, latitude}));
    }
  }
  return farthest;
}

// The cell size at which three cells in a row cover the circle around the area.
unsigned GeoArea::covering_steps() const {
  double metres = covering_radius_metres();
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
