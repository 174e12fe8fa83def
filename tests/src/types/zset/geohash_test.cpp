// Cells of the earth: their bits and scores, what is beside them, and the public form.
#include "src/types/zset/geohash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>

namespace terrace::types {
namespace {

constexpr GeoPoint kPalermo{13.361389, 38.115556};

TEST(Geohash, ScoresAndTextsAreThePublicOnes) {
  const Geohash palermo = Geohash::of(kPalermo);
  EXPECT_EQ(palermo.score(), 3479099956230698.0);
  EXPECT_EQ(palermo.text(), "sqc8b49rny0");
  EXPECT_EQ(Geohash::of({15.087269, 37.502669}).score(), 3479447370796909.0);
  EXPECT_EQ(Geohash::of({15.087269, 37.502669}).text(), "sqdtr74hyu0");
  EXPECT_EQ(Geohash::of({-180, -GeoPoint::kMaxLatitude}).score(), 0);
}

TEST(Geohash, ACellHoldsWhatItIsOfAndIsFoundByItsCenter) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> east(-180, 180), north(-GeoPoint::kMaxLatitude, GeoPoint::kMaxLatitude);
  for (int i = 0; i < 2000; ++i) {
    const GeoPoint point{east(random), north(random)};
    for (unsigned steps = 1; steps <= Geohash::kMaxSteps; ++steps) {
      const Geohash hash = Geohash::of(point, steps);
      const Geohash::Cell cell = hash.cell();
      ASSERT_LE(cell.least.longitude, point.longitude);
      ASSERT_LE(cell.least.latitude, point.latitude);
      ASSERT_GT(cell.greatest.longitude, point.longitude);
      ASSERT_GT(cell.greatest.latitude, point.latitude);
      ASSERT_EQ(Geohash::of(cell.center(), steps), hash);
      // The small cell's score is in the large one's range.
      const double score = Geohash::of(point).score();
      ASSERT_GE(score, hash.scores().begin);
      ASSERT_LT(score, hash.scores().end);
      ASSERT_EQ(hash.scores().end - hash.scores().begin, std::ldexp(1.0, 52 - 2 * static_cast<int>(steps)));
    }
    ASSERT_EQ(Geohash::of_score(Geohash::of(point).score()), Geohash::of(point));
  }
}

TEST(Geohash, NeighboursTouchAndGoAroundTheEarth) {
  const Geohash middle = Geohash::of(kPalermo, 9);
  const Geohash::Cell cell = middle.cell();
  EXPECT_EQ(middle.neighbour(1, 0).cell().least.longitude, cell.greatest.longitude);
  EXPECT_EQ(middle.neighbour(-1, 0).cell().greatest.longitude, cell.least.longitude);
  EXPECT_EQ(middle.neighbour(0, 1).cell().least.latitude, cell.greatest.latitude);
  EXPECT_EQ(middle.neighbour(0, -1).cell().greatest.latitude, cell.least.latitude);
  EXPECT_EQ(middle.neighbour(1, -1), middle.neighbour(1, 0).neighbour(0, -1));
  EXPECT_EQ(middle.neighbour(0, 0), middle);
  const Geohash easternmost = Geohash::of({179.999, 0.001}, 9);
  EXPECT_EQ(easternmost.neighbour(1, 0), Geohash::of({-179.999, 0.001}, 9));
  EXPECT_EQ(easternmost.neighbour(1, 0).neighbour(-1, 0), easternmost);
}

TEST(Geohash, AnyScoreIsAPlaceWithinTheLimits) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double score :
       {0.0, -0.0, 1.5, -1.0, -0.5, 1e300, -1e300, kInfinity, -kInfinity, 4503599627370495.0, 4503599627370496.0,
        9223372036854775808.0, 18446744073709549568.0, 18446744073709551616.0, -9223372036854775808.0}) {
    EXPECT_TRUE(place_of_score(score).within_limits()) << score;
    EXPECT_EQ(Geohash::of_score(score).text().size(), 11u) << score;
  }
  EXPECT_EQ(Geohash::of_score(-1).bits(), ~std::uint64_t{0});
  EXPECT_EQ(Geohash::of_score(kInfinity).bits(), 0u);
  EXPECT_EQ(Geohash::of_score(-kInfinity).bits(), std::uint64_t{1} << 63);
}

TEST(GeoPoint, DistancesOnASphere) {
  constexpr double kQuarter = GeoPoint::kEarthRadiusMetres * std::numbers::pi / 2;
  EXPECT_EQ(distance_metres(kPalermo, kPalermo), 0);
  EXPECT_NEAR(distance_metres({0, 0}, {90, 0}), kQuarter, 1e-6);
  EXPECT_NEAR(distance_metres({0, 0}, {0, 85}), kQuarter / 90 * 85, 1e-6);
  EXPECT_NEAR(distance_metres({179, 0}, {-179, 0}), kQuarter / 45, 1e-6);
  EXPECT_NEAR(distance_metres({-120, 33}, {60, -33}), 2 * kQuarter, 1e-3);
  EXPECT_FALSE(GeoPoint({180.1, 0}).within_limits());
  EXPECT_FALSE(GeoPoint({0, 85.06}).within_limits());
}

}  // namespace
}  // namespace terrace::types
