// Geohash: a cell of the earth, found by halving its longitudes and latitudes alternately; one bit a step tells which
// half, longitude first. Cells of 26 steps are the scores of members with coordinates: 52 bits, which a double holds
// exactly. In the order of the scores, all cells within a larger cell are one range.
// Thread: a plain value. Source: the geohash encoding (G. Niemeyer's geohash.org), Z-order curves (G. M. Morton, 1966).
#pragma once

#include <cstdint>
#include <string>

#include "src/types/zset/geo_point.h"

namespace terrace::types {

class Geohash {
 public:
  static constexpr unsigned kMaxSteps = 26;

  // Degrees, from the least to the greatest in each direction.
  struct Cell {
    GeoPoint least;
    GeoPoint greatest;
    GeoPoint center() const;  // always within the limits of GeoPoint
  };
  // Scores from `begin` on and below `end`.
  struct ScoreRange {
    double begin;
    double end;
  };

  // The cell of a point within the limits. At the very eastern or northern end it is the cell behind the last.
  static Geohash of(const GeoPoint& point, unsigned steps = kMaxSteps);
  // Any score is accepted: members of a sorted set with other scores have coordinates too.
  static Geohash of_score(double score);

  std::uint64_t bits() const { return bits_; }
  double score() const { return scores().begin; }
  ScoreRange scores() const;
  Cell cell() const;
  // The cell so many cells to the east and to the north, around the earth.
  Geohash neighbour(int east, int north) const;
  // The public form, of eleven characters, where latitudes go to the poles; the last character has no information.
  std::string text() const;

  friend bool operator==(const Geohash&, const Geohash&) = default;

 private:
  Geohash(std::uint64_t bits, unsigned steps) : bits_(bits), steps_(steps) {}
  static Geohash of(const GeoPoint& point, unsigned steps, double max_latitude);

  std::uint64_t bits_;
  unsigned steps_;
};

// The coordinates of a member with this score.
inline GeoPoint place_of_score(double score) {
  return Geohash::of_score(score).cell().center();
}

}  // namespace terrace::types
