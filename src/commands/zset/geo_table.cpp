// The table of the geo commands.
#include "src/commands/families.h"
#include "src/commands/zset/geo_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kRwUpdate[] = {{.flags = "RW update"}};
constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
constexpr KeySpec kGeoradiusKeys[] = {
    {.flags = "RO access"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 6, .keyword = "STORE"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 6, .keyword = "STOREDIST"}};
constexpr KeySpec kGeoradiusbymemberKeys[] = {
    {.flags = "RO access"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 5, .keyword = "STORE"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 5, .keyword = "STOREDIST"}};
constexpr KeySpec kGeosearchstoreKeys[] = {{.flags = "OW update"}, {.flags = "RO access", .index = 2}};

constexpr Argument kGeoaddCondition[] = {
    {.type = Type::kPureToken, .name = "nx", .token = "NX"},
    {.type = Type::kPureToken, .name = "xx", .token = "XX"},
};
constexpr Argument kGeoaddLongitudeLatitudeMember[] = {
    {.type = Type::kDouble, .name = "longitude"},
    {.type = Type::kDouble, .name = "latitude"},
    {.type = Type::kString, .name = "member"},
};
constexpr Argument kGeoaddArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kOneOf,
     .name = "condition",
     .flags = Argument::kOptional,
     .since = "6.2.0",
     .children = kGeoaddCondition},
    {.type = Type::kPureToken, .name = "change", .token = "CH", .flags = Argument::kOptional, .since = "6.2.0"},
    {.type = Type::kBlock,
     .name = "longitude_latitude_member",
     .flags = Argument::kMultiple,
     .children = kGeoaddLongitudeLatitudeMember},
};
constexpr Argument kGeodistUnit[] = {
    {.type = Type::kPureToken, .name = "m", .token = "M"},
    {.type = Type::kPureToken, .name = "km", .token = "KM"},
    {.type = Type::kPureToken, .name = "ft", .token = "FT"},
    {.type = Type::kPureToken, .name = "mi", .token = "MI"},
};
constexpr Argument kGeodistArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member1"},
    {.type = Type::kString, .name = "member2"},
    {.type = Type::kOneOf, .name = "unit", .flags = Argument::kOptional, .children = kGeodistUnit},
};
constexpr Argument kGeohashArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member", .flags = Argument::kMultiple},
};
constexpr Argument kGeoradiusCount[] = {
    {.type = Type::kInteger, .name = "count", .token = "COUNT"},
    {.type = Type::kPureToken, .name = "any", .token = "ANY", .flags = Argument::kOptional, .since = "6.2.0"},
};
constexpr Argument kGeoradiusOrder[] = {
    {.type = Type::kPureToken, .name = "asc", .token = "ASC"},
    {.type = Type::kPureToken, .name = "desc", .token = "DESC"},
};
constexpr Argument kGeoradiusArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kDouble, .name = "longitude"},
    {.type = Type::kDouble, .name = "latitude"},
    {.type = Type::kDouble, .name = "radius"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
    {.type = Type::kPureToken, .name = "withcoord", .token = "WITHCOORD", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withdist", .token = "WITHDIST", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withhash", .token = "WITHHASH", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusCount},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
    {.type = Type::kKey, .name = "key", .token = "STORE", .flags = Argument::kOptional, .key_spec = 1},
    {.type = Type::kKey, .name = "key", .token = "STOREDIST", .flags = Argument::kOptional, .key_spec = 2},
};
constexpr Argument kGeoradiusRoArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kDouble, .name = "longitude"},
    {.type = Type::kDouble, .name = "latitude"},
    {.type = Type::kDouble, .name = "radius"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
    {.type = Type::kPureToken, .name = "withcoord", .token = "WITHCOORD", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withdist", .token = "WITHDIST", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withhash", .token = "WITHHASH", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusCount},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
};
constexpr Argument kGeoradiusbymemberCount[] = {
    {.type = Type::kInteger, .name = "count", .token = "COUNT"},
    {.type = Type::kPureToken, .name = "any", .token = "ANY", .flags = Argument::kOptional},
};
constexpr Argument kGeoradiusbymemberArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member"},
    {.type = Type::kDouble, .name = "radius"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
    {.type = Type::kPureToken, .name = "withcoord", .token = "WITHCOORD", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withdist", .token = "WITHDIST", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withhash", .token = "WITHHASH", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusbymemberCount},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
    {.type = Type::kKey, .name = "key", .token = "STORE", .flags = Argument::kOptional, .key_spec = 1},
    {.type = Type::kKey, .name = "key", .token = "STOREDIST", .flags = Argument::kOptional, .key_spec = 2},
};
constexpr Argument kGeoradiusbymemberRoArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member"},
    {.type = Type::kDouble, .name = "radius"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
    {.type = Type::kPureToken, .name = "withcoord", .token = "WITHCOORD", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withdist", .token = "WITHDIST", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withhash", .token = "WITHHASH", .flags = Argument::kOptional},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusbymemberCount},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
};
constexpr Argument kGeosearchFromLongitudeLatitude[] = {
    {.type = Type::kDouble, .name = "longitude"},
    {.type = Type::kDouble, .name = "latitude"},
};
constexpr Argument kGeosearchFrom[] = {
    {.type = Type::kString, .name = "member", .token = "FROMMEMBER"},
    {.type = Type::kBlock,
     .name = "longitude_latitude",
     .token = "FROMLONLAT",
     .children = kGeosearchFromLongitudeLatitude},
};
constexpr Argument kGeosearchByCircle[] = {
    {.type = Type::kDouble, .name = "radius", .token = "BYRADIUS"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
};
constexpr Argument kGeosearchByBox[] = {
    {.type = Type::kDouble, .name = "width", .token = "BYBOX"},
    {.type = Type::kDouble, .name = "height"},
    {.type = Type::kOneOf, .name = "unit", .children = kGeodistUnit},
};
constexpr Argument kGeosearchBy[] = {
    {.type = Type::kBlock, .name = "circle", .children = kGeosearchByCircle},
    {.type = Type::kBlock, .name = "box", .children = kGeosearchByBox},
};
constexpr Argument kGeosearchArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kOneOf, .name = "from", .children = kGeosearchFrom},
    {.type = Type::kOneOf, .name = "by", .children = kGeosearchBy},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusbymemberCount},
    {.type = Type::kPureToken, .name = "withcoord", .token = "WITHCOORD", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withdist", .token = "WITHDIST", .flags = Argument::kOptional},
    {.type = Type::kPureToken, .name = "withhash", .token = "WITHHASH", .flags = Argument::kOptional},
};
constexpr Argument kGeosearchstoreArguments[] = {
    {.type = Type::kKey, .name = "destination"},
    {.type = Type::kKey, .name = "source", .key_spec = 1},
    {.type = Type::kOneOf, .name = "from", .children = kGeosearchFrom},
    {.type = Type::kOneOf, .name = "by", .children = kGeosearchBy},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kGeoradiusOrder},
    {.type = Type::kBlock, .name = "count", .flags = Argument::kOptional, .children = kGeoradiusbymemberCount},
    {.type = Type::kPureToken, .name = "storedist", .token = "STOREDIST", .flags = Argument::kOptional},
};

constexpr Change kGeoaddHistory[] = {{"6.2.0", "The options CH, NX and XX."}};
constexpr Change kGeoradiusHistory[] = {{"6.2.0", "The option ANY."}, {"7.0.0", "Units in upper case."}};
constexpr Change kGeoradiusRoHistory[] = {{"6.2.0", "The option ANY."}};
constexpr Change kGeoradiusbymemberHistory[] = {{"7.0.0", "Units in upper case."}};

constexpr Command kCommands[] = {
    {.name = "geoadd",
     .arity = -5,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryGeo,
     .keys = kRwUpdate,
     .run = commands::geoadd,
     .summary = "Adds members with their coordinates, or moves them.",
     .since = "3.2.0",
     .group = "geo",
     .complexity = "O(log(N)) for each member, N being the size of the sorted set.",
     .history = kGeoaddHistory,
     .arguments = kGeoaddArguments},
    {.name = "geodist",
     .arity = -4,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::geodist,
     .summary = "Returns the distance between two members.",
     .since = "3.2.0",
     .group = "geo",
     .complexity = "O(1)",
     .arguments = kGeodistArguments},
    {.name = "geohash",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::geohash,
     .summary = "Returns the coordinates of members as geohash texts.",
     .since = "3.2.0",
     .group = "geo",
     .complexity = "O(1) for each member named.",
     .arguments = kGeohashArguments},
    {.name = "geopos",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::geopos,
     .summary = "Returns the coordinates of members.",
     .since = "3.2.0",
     .group = "geo",
     .complexity = "O(1) for each member named.",
     .arguments = kGeohashArguments},
    {.name = "georadius",
     .arity = -6,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kCategoryGeo,
     .keys = kGeoradiusKeys,
     .run = commands::georadius,
     .summary = "Returns the members in a circle around a place.",
     .since = "3.2.0",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .doc_flags = "deprecated",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
     .history = kGeoradiusHistory,
     .arguments = kGeoradiusArguments},
    {.name = "georadius_ro",
     .arity = -6,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::georadius_ro,
     .summary = "Returns the members in a circle around a place, and changes nothing.",
     .since = "3.2.10",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .doc_flags = "deprecated",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument",
     .history = kGeoradiusRoHistory,
     .arguments = kGeoradiusRoArguments},
    {.name = "georadiusbymember",
     .arity = -5,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kCategoryGeo,
     .keys = kGeoradiusbymemberKeys,
     .run = commands::georadiusbymember,
     .summary = "Returns the members in a circle around one of them.",
     .since = "3.2.0",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .doc_flags = "deprecated",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .history = kGeoradiusbymemberHistory,
     .arguments = kGeoradiusbymemberArguments},
    {.name = "georadiusbymember_ro",
     .arity = -5,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::georadiusbymember_ro,
     .summary = "Returns the members in a circle around one of them, and changes nothing.",
     .since = "3.2.10",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .doc_flags = "deprecated",
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
     .arguments = kGeoradiusbymemberRoArguments},
    {.name = "geosearch",
     .arity = -7,
     .flags = kReadonly,
     .categories = kCategoryGeo,
     .keys = kRoAccess,
     .run = commands::geosearch,
     .summary = "Returns the members in a circle or a box.",
     .since = "6.2.0",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .history = kGeoradiusbymemberHistory,
     .arguments = kGeosearchArguments},
    {.name = "geosearchstore",
     .arity = -8,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryGeo,
     .keys = kGeosearchstoreKeys,
     .run = commands::geosearchstore,
     .summary = "Keeps what GEOSEARCH returns under a key.",
     .since = "6.2.0",
     .group = "geo",
     .complexity =
         "O(N+log(M)), N being the members in the cells that cover the area and M the size of the sorted set.",
     .history = kGeoradiusbymemberHistory,
     .arguments = kGeosearchstoreArguments},
};

}  // namespace

std::span<const Command> geo_commands() {
  return kCommands;
}

}  // namespace terrace
