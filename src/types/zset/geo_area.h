// GeoArea: a circle or a box around a point, or a polygon, and the cells that cover it: the cell of its centre and the
// neighbours, so large that the area does not extend beyond them.
// Thread: a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "src/types/zset/geo_point.h"
#include "src/types/zset/geohash.h"

namespace terrace::types {

struct GeoArea {
  enum class Shape : std::uint8_t { kCircle, kBox, kPolygon };

  Shape shape = Shape::kCircle;
  GeoPoint center;
  double unit_metres = 1;               // the unit of the lengths below, in metres
  double radius = 0;                    // kCircle
  double width = 0;                     // kBox; from west to east
  double height = 0;                    // kBox
  std::vector<GeoPoint> vertices = {};  // kPolygon

  // The polygon's centre is the mean of its vertices.
  static GeoArea polygon(std::vector<GeoPoint> vertices);

  // The distance in metres, if the point lies within the area.
  std::optional<double> distance_within(const GeoPoint& point) const;
  // At most nine cells of one size, each once, in the order in which Redis searches them, because results come in that
  // order.
  std::vector<Geohash> covering() const;

 private:
  Geohash::Cell bounds() const;
  double covering_radius_metres() const;
  bool within_polygon(const GeoPoint& point) const;
  unsigned covering_steps() const;
};

}  // namespace terrace::types
