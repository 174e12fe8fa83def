// Reads the arguments of GEOSEARCH and the commands like it. Errors are found in the order of redis-server.
#include <string>
#include <utility>
#include <vector>

#include "src/commands/shared/argument.h"
#include "src/commands/zset/geo_access.h"
#include "src/commands/zset/geo_search.h"
#include "src/commands/zset/zset_access.h"
#include "src/types/zset/geohash.h"

namespace terrace {
namespace {

using storage::ValueType;
using Center = GeoSearch::Form::Center;
using Shape = types::GeoArea::Shape;

class Parser {
 public:
  Parser(Context& context, const GeoSearch::Form& form) : context_(context), form_(form) {}

  // False: the error is replied.
  bool run() {
    search.record = context_.read(context_.argument(form_.stores ? 2 : 1));
    if (!type_or_absent(context_, search.record, ValueType::kSortedSet)) return false;
    if (!take_center()) return false;
    while (at_ < context_.arguments.size()) {
      if (!take_option()) return false;
    }
    return agrees();
  }

  GeoSearch search;

 private:
  bool fail(std::string_view error) {
    context_.reply.error(error);
    return false;
  }
  std::size_t behind() const { return context_.arguments.size() - at_ - 1; }

  // Reads the arguments before the options.
  bool take_center() {
    if (form_.stores) search.store_key = context_.argument(1);
    if (form_.center == Center::kOption) {
      at_ = form_.stores ? 3 : 2;
      return true;
    }
    const bool by_member = form_.center == Center::kMember;
    at_ = by_member ? 5 : 6;
    // If the key is absent, the member is absent, and the other arguments are not read.
    if (by_member && search.record == nullptr) return true;
    return (by_member ? take_member(2) : take_place(2)) && take_radius(at_ - 2);
  }

  bool take_member(std::size_t index) {
    const auto score = types::SortedSetView(*search.record).score(context_.argument(index));
    if (!score) return fail("ERR could not decode requested zset member");
    search.area.center = types::place_of_score(*score);
    return true;
  }

  bool take_place(std::size_t index) {
    const auto place = place_argument(context_, index);
    if (place) search.area.center = *place;
    return place.has_value();
  }

  bool take_unit(std::size_t index) {
    const auto unit = unit_argument(context_, index);
    if (unit) search.area.unit_metres = *unit;
    return unit.has_value();
  }

  bool take_radius(std::size_t index) {
    const auto radius = score_argument(context_, context_.argument(index), "ERR need numeric radius");
    if (!radius) return false;
    if (*radius < 0) return fail("ERR radius cannot be negative");
    search.area.shape = Shape::kCircle;
    search.area.radius = *radius;
    return take_unit(index + 1);
  }

  bool take_box(std::size_t index) {
    const auto width = score_argument(context_, context_.argument(index), "ERR need numeric width");
    if (!width) return false;
    const auto height = score_argument(context_, context_.argument(index + 1), "ERR need numeric height");
    if (!height) return false;
    if (*width < 0 || *height < 0) return fail("ERR height or width cannot be negative");
    search.area.shape = Shape::kBox;
    search.area.width = *width;
    search.area.height = *height;
    return take_unit(index + 2);
  }

  // Returns the number of arguments read, 0 if the error is replied.
  std::size_t take_polygon(std::size_t index) {
    const auto number = types::parse_integer(context_.argument(index));
    if (!number) return fail("ERR invalid number of vertices"), 0;
    const std::size_t possible = (context_.arguments.size() - index - 1) / 2;
    if (*number < 3 || static_cast<std::uint64_t>(*number) > possible) {
      return fail("ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"), 0;
    }
    std::vector<types::GeoPoint> vertices(static_cast<std::size_t>(*number));
    for (std::size_t i = 0; i < vertices.size(); ++i) {
      const auto place = place_argument(context_, index + 1 + 2 * i);
      if (!place) return 0;
      vertices[i] = *place;
    }
    const std::size_t read = 2 + 2 * vertices.size();
    search.area = types::GeoArea::polygon(std::move(vertices));
    by_polygon_ = true;
    return read;
  }

  // Reads an option without a value.
  bool take_flag(std::string_view option) {
    struct Flag {
      std::string_view name;
      bool GeoSearch::*flag;
    };
    static constexpr Flag kFlags[] = {{"WITHDIST", &GeoSearch::with_distance},
                                      {"WITHHASH", &GeoSearch::with_hash},
                                      {"WITHCOORD", &GeoSearch::with_place},
                                      {"ANY", &GeoSearch::any}};
    for (const Flag& flag : kFlags) {
      if (is_option(option, flag.name)) return search.*flag.flag = true;
    }
    if (is_option(option, "ASC")) {
      search.order = GeoSearch::Order::kNearestFirst;
    } else if (is_option(option, "DESC")) {
      search.order = GeoSearch::Order::kFarthestFirst;
    } else if (form_.stores && is_option(option, "STOREDIST")) {
      search.store_distance = true;
    } else {
      return false;
    }
    return true;
  }

  bool take_count() {
    const auto count = integer_argument(context_, at_ + 1);
    if (!count) return false;
    if (*count <= 0) return fail("ERR COUNT must be > 0");
    search.count = static_cast<std::uint64_t>(*count);
    return true;
  }

  // Reads the option at `at_` and moves `at_` behind it.
  bool take_option() {
    const std::string_view option = context_.argument(at_);
    std::size_t size = 1;
    if (take_flag(option)) {
      // that is all
    } else if (is_option(option, "COUNT") && behind() >= 1) {
      size = 2;
      if (!take_count()) return false;
    } else if (form_.store_option && behind() >= 1 && (is_option(option, "STORE") || is_option(option, "STOREDIST"))) {
      size = 2;
      search.store_key = context_.argument(at_ + 1);
      search.store_distance = is_option(option, "STOREDIST");
    } else if (form_.center == Center::kOption) {
      size = take_area(option);
      if (size == 0) return false;
    } else {
      return context_.reply.syntax_error(), false;
    }
    at_ += size;
    return true;
  }

  // Reads an option of GEOSEARCH about the area. Returns the number of its arguments, 0 if the error is replied.
  std::size_t take_area(std::string_view option) {
    if (is_option(option, "FROMMEMBER") && behind() >= 1 && !from_place_ && !by_polygon_) {
      from_member_ = true;
      return search.record == nullptr || take_member(at_ + 1) ? 2 : 0;
    }
    if (is_option(option, "FROMLONLAT") && behind() >= 2 && !from_member_ && !by_polygon_) {
      from_place_ = true;
      return take_place(at_ + 1) ? 3 : 0;
    }
    if (is_option(option, "BYRADIUS") && behind() >= 2 && !by_box_ && !by_polygon_) {
      by_radius_ = true;
      return take_radius(at_ + 1) ? 3 : 0;
    }
    if (is_option(option, "BYBOX") && behind() >= 3 && !by_radius_ && !by_polygon_) {
      by_box_ = true;
      return take_box(at_ + 1) ? 4 : 0;
    }
    const bool other_area = by_radius_ || by_box_ || from_member_ || from_place_;
    if (is_option(option, "BYPOLYGON") && behind() >= 2 && !other_area) return take_polygon(at_ + 1);
    context_.reply.syntax_error();
    return 0;
  }

  bool agrees() {
    if (search.store_key && (search.with_distance || search.with_hash || search.with_place)) {
      const std::string who = form_.stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
      return fail("ERR " + who + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
    }
    if (form_.center == Center::kOption && !from_member_ && !from_place_ && !by_polygon_) {
      return fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + shown(context_.argument(0)));
    }
    if (form_.center == Center::kOption && !by_radius_ && !by_box_ && !by_polygon_) {
      return fail("ERR exactly one of BYRADIUS and BYBOX can be specified for " + shown(context_.argument(0)));
    }
    if (search.any && search.count == 0) return fail("ERR the ANY argument requires COUNT argument");
    // COUNT without ANY returns the nearest members.
    if (search.count > 0 && !search.any && search.order == GeoSearch::Order::kAsFound) {
      search.order = GeoSearch::Order::kNearestFirst;
    }
    return true;
  }

  Context& context_;
  const GeoSearch::Form& form_;
  std::size_t at_ = 0;
  bool from_member_ = false, from_place_ = false, by_radius_ = false, by_box_ = false, by_polygon_ = false;
};

}  // namespace

std::optional<GeoSearch> GeoSearch::parse(Context& context, const Form& form) {
  Parser parser(context, form);
  if (!parser.run()) return std::nullopt;
  return parser.search;
}

}  // namespace terrace
