// GeoSearch: what GEOSEARCH and its relatives are asked for.
// Ownership: borrows the arguments and the record, which is good until something is changed. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/execution/context.h"
#include "src/types/zset/geo_area.h"

namespace terrace {

struct GeoSearch {
  enum class Order { kAsFound, kNearestFirst, kFarthestFirst };

  // How a command is written.
  struct Form {
    enum class Center { kPlace, kMember, kOption } center;  // kOption: FROMMEMBER and what else GEOSEARCH has
    bool store_option = false;                              // STORE and STOREDIST name a key
    bool stores = false;                                    // the first key is where to
  };

  const storage::Record* record = nullptr;  // what is searched; nullptr: it is absent, and the area may be unknown
  types::GeoArea area;
  Order order = Order::kAsFound;
  std::uint64_t count = 0;  // how many at most; 0: all
  bool any = false;         // whichever are found first
  bool with_distance = false;
  bool with_hash = false;
  bool with_place = false;
  std::optional<std::string_view> store_key = std::nullopt;
  bool store_distance = false;  // as scores

  // nullopt: the error is replied.
  static std::optional<GeoSearch> parse(Context& context, const Form& form);
};

}  // namespace terrace
