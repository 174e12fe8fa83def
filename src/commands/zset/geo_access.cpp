#include "src/commands/zset/geo_access.h"

#include <charconv>
#include <cstdio>
#include <limits>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/zset_access.h"
#include "src/text/number.h"

namespace terrace {

using types::GeoPoint;

std::optional<GeoPoint> place_argument(Context& context, std::size_t index) {
  const auto longitude = score_argument(context, context.argument(index));
  const auto latitude = longitude ? score_argument(context, context.argument(index + 1)) : std::nullopt;
  if (!latitude) return std::nullopt;
  const GeoPoint place{*longitude, *latitude};
  if (place.within_limits()) return place;
  // "%f" writes the greatest double with 309 digits and a fraction.
  char text[2 * (std::numeric_limits<double>::max_exponent10 + 16) + 64];
  std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", place.longitude, place.latitude);
  context.reply.error(text);
  return std::nullopt;
}

std::optional<double> unit_argument(Context& context, std::size_t index) {
  struct LengthUnit {
    std::string_view name;
    double metres;
  };
  static constexpr LengthUnit kUnits[] = {{"M", 1}, {"KM", 1000}, {"FT", 0.3048}, {"MI", 1609.34}};
  for (const LengthUnit& unit : kUnits) {
    if (is_option(context.argument(index), unit.name)) return unit.metres;
  }
  context.reply.error("ERR unsupported unit provided. please use M, KM, FT, MI");
  return std::nullopt;
}

void reply_place(Reply& reply, const GeoPoint& place) {
  reply.array(2);
  reply.real(types::format_real(place.longitude));
  reply.real(types::format_real(place.latitude));
}

// Replies a distance, in RESP3 as a text, too.
void reply_distance(Reply& reply, double distance) {
  constexpr int kDecimals = 4;
  char digits[std::numeric_limits<double>::max_exponent10 + 16];
  const auto end = std::to_chars(digits, digits + sizeof digits, distance, std::chars_format::fixed, kDecimals).ptr;
  reply.bulk({digits, static_cast<std::size_t>(end - digits)});
}

}  // namespace terrace
