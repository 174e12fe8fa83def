// Geohash: a cell of the earth, found by halving its longitudes and latitudes in turn: the bits that say which half
// stand one behind the other, longitude first. Cells of 26 steps are the scores of members with coordinates: 52 bits,
// which a double holds exactly, and in whose order cells that lie within a larger one are one range.
// Thread: a plain value.
// Source: the geohash encoding (G. Niemeyer's geohash.org), Z-order curves (G. M. Morton, 1966).
#pragma once

#include <cstdint>
#include <string>

#include "src/types/zset/geo_point.h"

namespace terrace::types {

class Geohash {
 public:
  static constexpr unsigned kMaxSteps = 26;

  // Degrees from the least to the greatest in each direction.
  struct Cell {
    GeoPoint least;
    GeoPoint greatest;
    GeoPoint center() const;  // within the limits of GeoPoint, whatever the cell was made of
  };
  // Scores from `begin` on and below `end`.
  struct ScoreRange {
    double begin;
    double end;
  };

  // The cell of a point within its limits. At the very eastern or northern end the cell is the one behind the last.
  static Geohash of(const GeoPoint& point, unsigned steps = kMaxSteps);
  // Any score will do: a sorted set with other scores has places, too.
  static Geohash of_score(double score);

  std::uint64_t bits() const { return bits_; }
  double score() const { return scores().begin; }
  ScoreRange scores() const;
  Cell cell() const;
  // So many cells to the east and to the north, around the earth.
  Geohash neighbour(int east, int north) const;
  // The public form, in eleven letters and digits, where latitudes go to the poles; the last one says nothing.
  std::string text() const;

  friend bool operator==(const Geohash&, const Geohash&) = default;

 private:
  Geohash(std::uint64_t bits, unsigned steps) : bits_(bits), steps_(steps) {}
  static Geohash of(const GeoPoint& point, unsigned steps, double max_latitude);

  std::uint64_t bits_;
  unsigned steps_;
};

// The place that a member with this score has.
inline GeoPoint place_of_score(double score) {
  return Geohash::of_score(score).cell().center();
}

}  // namespace terrace::types
