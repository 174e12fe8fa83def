#include "src/types/zset/geohash.h"

#include <algorithm>

namespace terrace::types {
namespace {

// Bit i becomes bit 2i.
std::uint64_t spread(std::uint32_t number) {
  std::uint64_t bits = number;
  bits = (bits | bits << 16) & 0x0000FFFF0000FFFF;
  bits = (bits | bits << 8) & 0x00FF00FF00FF00FF;
  bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F;
  bits = (bits | bits << 2) & 0x3333333333333333;
  return (bits | bits << 1) & 0x5555555555555555;
}

std::uint32_t gather(std::uint64_t bits) {
  bits &= 0x5555555555555555;
  bits = (bits | bits >> 1) & 0x3333333333333333;
  bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0F;
  bits = (bits | bits >> 4) & 0x00FF00FF00FF00FF;
  bits = (bits | bits >> 8) & 0x0000FFFF0000FFFF;
  return static_cast<std::uint32_t>(bits | bits >> 16);
}

// The index of the piece, of the range -limit ... limit halved `steps` times.
std::uint32_t piece_of(double degrees, double limit, unsigned steps) {
  return static_cast<std::uint32_t>((degrees + limit) / (limit + limit) * static_cast<double>(1ull << steps));
}

double start_of(std::uint32_t piece, double limit, unsigned steps) {
  return -limit + (piece / static_cast<double>(1ull << steps)) * (limit + limit);
}

// A score that is no cell's is converted to bits as redis-server's machine does it.
std::uint64_t bits_of(double score) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (score >= 2 * kTwoTo63) return 0;
  if (score >= 0) return static_cast<std::uint64_t>(score);
  if (score >= -kTwoTo63) return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
  return 1ull << 63;
}

double clamped(double degrees, double limit) {
  return std::clamp(degrees, -limit, limit);
}

}  // namespace

GeoPoint Geohash::Cell::center() const {
  return {clamped((least.longitude + greatest.longitude) / 2, GeoPoint::kMaxLongitude),
          clamped((least.latitude + greatest.latitude) / 2, GeoPoint::kMaxLatitude)};
}

Geohash Geohash::of(const GeoPoint& point, unsigned steps, double max_latitude) {
  const std::uint32_t row = piece_of(point.latitude, max_latitude, steps);
  const std::uint32_t column = piece_of(point.longitude, GeoPoint::kMaxLongitude, steps);
  return {spread(row) | spread(column) << 1, steps};
}

Geohash Geohash::of(const GeoPoint& point, unsigned steps) {
  return of(point, steps, GeoPoint::kMaxLatitude);
}

Geohash Geohash::of_score(double score) {
  return {bits_of(score), kMaxSteps};
}

Geohash::ScoreRange Geohash::scores() const {
  const unsigned below = 2 * (kMaxSteps - steps_);
  return {static_cast<double>(bits_ << below), static_cast<double>((bits_ + 1) << below)};
}

Geohash::Cell Geohash::cell() const {
  constexpr double kEast = GeoPoint::kMaxLongitude, kNorth = GeoPoint::kMaxLatitude;
  const std::uint32_t row = gather(bits_), column = gather(bits_ >> 1);
  return {{start_of(column, kEast, steps_), start_of(row, kNorth, steps_)},
          {start_of(column + 1, kEast, steps_), start_of(row + 1, kNorth, steps_)}};
}

Geohash Geohash::neighbour(int east, int north) const {
  std::uint32_t row = gather(bits_), column = gather(bits_ >> 1);
  const std::uint32_t mask = (1u << steps_) - 1;
  // A direction without a step stays unchanged, also behind the last cell.
  if (north != 0) row = (row + static_cast<std::uint32_t>(north)) & mask;
  if (east != 0) column = (column + static_cast<std::uint32_t>(east)) & mask;
  return {spread(row) | spread(column) << 1, steps_};
}

std::string Geohash::text() const {
  static constexpr char kDigits[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  const std::uint64_t bits = of(cell().center(), kMaxSteps, 90).bits_;
  std::string text;
  for (unsigned digit = 1; digit <= 10; ++digit) text += kDigits[bits >> (2 * kMaxSteps - 5 * digit) & 31];
  return text + kDigits[0];
}

}  // namespace terrace::types
