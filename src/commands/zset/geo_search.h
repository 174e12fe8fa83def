// GeoSearch: the request of GEOSEARCH and the commands like it.
// Ownership: borrows the arguments, and the record, which is valid until the database is changed. Thread: the
// reactor's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/zset/geo_area.h"

namespace terrace {

struct GeoSearch {
  enum class Order { kAsFound, kNearestFirst, kFarthestFirst };

  // The form of a command's arguments.
  struct Form {
    enum class Center { kPlace, kMember, kOption } center;  // kOption: FROMMEMBER or FROMLONLAT, as in GEOSEARCH
    bool store_option = false;                              // it has the options STORE and STOREDIST
    bool stores = false;                                    // the first key is the destination
  };

  const storage::Record* record = nullptr;  // of the key that is searched; nullptr: absent, the area may be unknown
  types::GeoArea area;
  Order order = Order::kAsFound;
  std::uint64_t count = 0;  // at most so many members; 0: all
  bool any = false;         // ANY: those that are found first
  bool with_distance = false;
  bool with_hash = false;
  bool with_place = false;
  std::optional<std::string_view> store_key = std::nullopt;
  bool store_distance = false;  // as scores

  // nullopt: the error is replied.
  static std::optional<GeoSearch> parse(Context& context, const Form& form);
};

}  // namespace terrace
