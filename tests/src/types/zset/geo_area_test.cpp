// Areas: what is within them; and that the searched cells cover them and little else.
#include "src/types/zset/geo_area.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace terrace::types {
namespace {

using Shape = GeoArea::Shape;

bool covered(const std::vector<Geohash>& cells, const GeoPoint& point) {
  const double score = Geohash::of(point).score();
  return std::any_of(cells.begin(), cells.end(), [score](const Geohash& cell) {
    return score >= cell.scores().begin && score < cell.scores().end;
  });
}

TEST(GeoArea, ACircleIsWhatIsNear) {
  const GeoArea area{.center = {13.361389, 38.115556}, .unit_metres = 1000, .radius = 190};
  const auto distance = area.distance_within({15.087269, 37.502669});
  ASSERT_TRUE(distance);
  EXPECT_NEAR(*distance, 166274, 1);
  EXPECT_FALSE(area.distance_within({15.087269, 36.0}));
}

TEST(GeoArea, ABoxReachesHalfItsLengthsFromTheMiddle) {
  const GeoArea area{.shape = Shape::kBox, .center = {0, 60}, .unit_metres = 1000, .width = 222, .height = 444};
  EXPECT_TRUE(area.distance_within({0, 61.99}));
  EXPECT_FALSE(area.distance_within({0, 62.01}));
  // A degree of longitude is about half as long here as at the equator.
  EXPECT_TRUE(area.distance_within({1.98, 60}));
  EXPECT_FALSE(area.distance_within({2.02, 60}));
  EXPECT_TRUE(area.distance_within({2.05, 61.5}));
  EXPECT_FALSE(area.distance_within({2.05, 59}));
}

TEST(GeoArea, CellsCoverTheAreaAlsoAtTheDateLine) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> east(-180, 180), north(-65, 65), size(0, 14), part(-1, 1);
  std::size_t within = 0;
  for (int i = 0; i < 3000; ++i) {
    GeoArea area;
    area.center = {i % 3 == 0 ? 179.99 * (i % 2 == 0 ? 1 : -1) : east(random), north(random)};
    area.shape = i % 2 == 0 ? Shape::kCircle : Shape::kBox;
    area.radius = std::exp(size(random));
    area.width = std::exp(size(random));
    area.height = std::exp(size(random));
    const auto cells = area.covering();
    ASSERT_GE(cells.size(), 1u);
    ASSERT_LE(cells.size(), 9u);
    for (std::size_t a = 0; a < cells.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) ASSERT_NE(cells[a], cells[b]);
    }
    const double reach = degrees(std::max({area.radius, area.width, area.height}) / GeoPoint::kEarthRadiusMetres);
    for (int n = 0; n < 30; ++n) {
      GeoPoint point{area.center.longitude + 2 * reach * part(random), area.center.latitude + reach * part(random)};
      if (point.longitude > 180) point.longitude -= 360;
      if (point.longitude < -180) point.longitude += 360;
      if (!point.within_limits() || !area.distance_within(point)) continue;
      ++within;
      ASSERT_TRUE(covered(cells, point)) << area.center.longitude << ' ' << area.center.latitude << ' ' << area.radius;
    }
  }
  EXPECT_GT(within, 5000u);
}

TEST(GeoArea, APolygonIsWhatItsEdgesEnclose) {
  // A U: what lies between its arms is not within.
  const GeoArea area = GeoArea::polygon({{0, 0}, {9, 0}, {9, 9}, {6, 9}, {6, 3}, {3, 3}, {3, 9}, {0, 9}});
  EXPECT_DOUBLE_EQ(area.center.longitude, 4.5);
  for (const GeoPoint point : {GeoPoint{1, 8}, {8, 8}, {4.5, 1}, {0.1, 0.1}}) EXPECT_TRUE(area.distance_within(point));
  for (const GeoPoint point : {GeoPoint{4.5, 6}, {-1, 1}, {10, 1}, {4.5, -1}, {1, 10}}) {
    EXPECT_FALSE(area.distance_within(point));
  }
  EXPECT_NEAR(*area.distance_within({4.5, 1}), distance_metres(area.center, {4.5, 1}), 1e-6);
}

TEST(GeoArea, CellsCoverAPolygon) {
  std::mt19937_64 random(13);
  std::uniform_real_distribution<double> east(-150, 150), north(-60, 60), size(-9, 3), part(0, 1);
  for (int i = 0; i < 2000; ++i) {
    const double width = std::exp(size(random)), height = std::exp(size(random));
    const GeoPoint corner{east(random), north(random)};
    const auto vertex = [&] {
      return GeoPoint{corner.longitude + width * part(random), corner.latitude + height * part(random)};
    };
    const GeoArea area = GeoArea::polygon({vertex(), vertex(), vertex()});
    const auto cells = area.covering();
    ASSERT_LE(cells.size(), 9u);
    for (int n = 0; n < 20; ++n) {
      const double a = 0.01 + 0.98 * part(random), b = (1 - a) * (0.01 + 0.98 * part(random)), c = 1 - a - b;
      const auto& v = area.vertices;
      const GeoPoint point{a * v[0].longitude + b * v[1].longitude + c * v[2].longitude,
                           a * v[0].latitude + b * v[1].latitude + c * v[2].latitude};
      ASSERT_TRUE(area.distance_within(point));
      ASSERT_TRUE(covered(cells, point)) << area.center.longitude << ' ' << area.center.latitude << ' ' << width;
    }
  }
}

TEST(GeoArea, ASmallAreaIsNoFullScan) {
  const GeoArea area{.center = {13.361389, 38.115556}, .radius = 100};
  double scores = 0;
  for (const Geohash& cell : area.covering()) scores += cell.scores().end - cell.scores().begin;
  EXPECT_LT(scores, 4503599627370496.0 / 1e9);
  // No length at all is the cell of the middle and those beside it.
  const GeoArea point{.center = {13.361389, 38.115556}};
  EXPECT_EQ(point.covering().front(), Geohash::of(point.center));
}

TEST(GeoArea, AllOfTheEarthIsCovered) {
  const GeoArea area{.center = {100, 20}, .unit_metres = 1000, .radius = 21000};
  const auto cells = area.covering();
  for (const double east : {-179.0, -90.0, 0.0, 90.0, 179.0}) {
    for (const double north : {-85.0, -40.0, 0.0, 40.0, 85.0}) EXPECT_TRUE(covered(cells, {east, north}));
  }
}

}  // namespace
}  // namespace terrace::types
