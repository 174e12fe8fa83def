// The table of the geo commands.
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/commands/zset/geo_handlers.h"

namespace terrace {
namespace {

constexpr KeySpec kGeoradiusKeys[] = {
    {.flags = "RO access"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 6, .keyword = "STORE"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 6, .keyword = "STOREDIST"}};
constexpr KeySpec kGeoradiusbymemberKeys[] = {
    {.flags = "RO access"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 5, .keyword = "STORE"},
    {.begin = KeySpec::Begin::kKeyword, .flags = "OW update", .index = 5, .keyword = "STOREDIST"}};
constexpr KeySpec kGeosearchstoreKeys[] = {{.flags = "OW update"}, {.flags = "RO access", .index = 2}};

constexpr Argument kGeoaddLongitudeLatitudeMember[] = {real("longitude"), real("latitude"), string("member")};
constexpr Argument kGeoaddArguments[] = {
    key(),
    since("6.2.0", optional(one_of("condition", kNxOrXx))),
    since("6.2.0", optional(token("change", "CH"))),
    multiple(block("longitude_latitude_member", kGeoaddLongitudeLatitudeMember)),
};
constexpr Argument kGeodistUnit[] = {token("m", "M"), token("km", "KM"), token("ft", "FT"), token("mi", "MI")};
constexpr Argument kGeodistArguments[] = {
    key(),
    string("member1"),
    string("member2"),
    optional(one_of("unit", kGeodistUnit)),
};
constexpr Argument kGeohashArguments[] = {key(), multiple(string("member"))};
constexpr Argument kGeoradiusCount[] = {
    prefixed("COUNT", integer("count")),
    since("6.2.0", optional(token("any", "ANY"))),
};
constexpr Argument kGeoradiusArguments[] = {
    key(),
    real("longitude"),
    real("latitude"),
    real("radius"),
    one_of("unit", kGeodistUnit),
    optional(token("withcoord", "WITHCOORD")),
    optional(token("withdist", "WITHDIST")),
    optional(token("withhash", "WITHHASH")),
    optional(block("count", kGeoradiusCount)),
    optional(one_of("order", kAscOrDesc)),
    option("STORE", key("key", 1)),
    option("STOREDIST", key("key", 2)),
};
constexpr Argument kGeoradiusRoArguments[] = {
    key(),
    real("longitude"),
    real("latitude"),
    real("radius"),
    one_of("unit", kGeodistUnit),
    optional(token("withcoord", "WITHCOORD")),
    optional(token("withdist", "WITHDIST")),
    optional(token("withhash", "WITHHASH")),
    optional(block("count", kGeoradiusCount)),
    optional(one_of("order", kAscOrDesc)),
};
constexpr Argument kGeoradiusbymemberCount[] = {prefixed("COUNT", integer("count")), optional(token("any", "ANY"))};
constexpr Argument kGeoradiusbymemberArguments[] = {
    key(),
    string("member"),
    real("radius"),
    one_of("unit", kGeodistUnit),
    optional(token("withcoord", "WITHCOORD")),
    optional(token("withdist", "WITHDIST")),
    optional(token("withhash", "WITHHASH")),
    optional(block("count", kGeoradiusbymemberCount)),
    optional(one_of("order", kAscOrDesc)),
    option("STORE", key("key", 1)),
    option("STOREDIST", key("key", 2)),
};
constexpr Argument kGeoradiusbymemberRoArguments[] = {
    key(),
    string("member"),
    real("radius"),
    one_of("unit", kGeodistUnit),
    optional(token("withcoord", "WITHCOORD")),
    optional(token("withdist", "WITHDIST")),
    optional(token("withhash", "WITHHASH")),
    optional(block("count", kGeoradiusbymemberCount)),
    optional(one_of("order", kAscOrDesc)),
};
constexpr Argument kGeosearchFromLongitudeLatitude[] = {real("longitude"), real("latitude")};
constexpr Argument kGeosearchFrom[] = {
    prefixed("FROMMEMBER", string("member")),
    prefixed("FROMLONLAT", block("longitude_latitude", kGeosearchFromLongitudeLatitude)),
};
constexpr Argument kGeosearchByCircle[] = {prefixed("BYRADIUS", real("radius")), one_of("unit", kGeodistUnit)};
constexpr Argument kGeosearchByBox[] = {prefixed("BYBOX", real("width")), real("height"), one_of("unit", kGeodistUnit)};
constexpr Argument kGeosearchByPolygon[] = {
    prefixed("BYPOLYGON", integer("numvertices")),
    multiple(block("longitude_latitude", kGeosearchFromLongitudeLatitude)),
};
constexpr Argument kGeosearchBy[] = {
    block("circle", kGeosearchByCircle),
    block("box", kGeosearchByBox),
    since("9.0.0", block("polygon", kGeosearchByPolygon)),
};
constexpr Argument kGeosearchArguments[] = {
    key(),
    one_of("from", kGeosearchFrom),
    one_of("by", kGeosearchBy),
    optional(one_of("order", kAscOrDesc)),
    optional(block("count", kGeoradiusbymemberCount)),
    optional(token("withcoord", "WITHCOORD")),
    optional(token("withdist", "WITHDIST")),
    optional(token("withhash", "WITHHASH")),
};
constexpr Argument kGeosearchstoreArguments[] = {
    key("destination"),
    key("source", 1),
    one_of("from", kGeosearchFrom),
    one_of("by", kGeosearchBy),
    optional(one_of("order", kAscOrDesc)),
    optional(block("count", kGeoradiusbymemberCount)),
    optional(token("storedist", "STOREDIST")),
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
     .further_key = commands::georadius_target,
     .further_key_flags = "OW update",
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
     .further_key = commands::georadiusbymember_target,
     .further_key_flags = "OW update",
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
     .summary = "Returns the members in a circle, a box or a polygon.",
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
