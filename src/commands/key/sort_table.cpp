// The table of SORT and SORT_RO.
#include "src/commands/families.h"
#include "src/commands/key/sort.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kSortKeys[] = {
    {.flags = "RO access"},
    {.begin = KeySpec::Begin::kUnknown,
     .find = KeySpec::Find::kUnknown,
     .flags = "RO access",
     .notes = "What BY and GET name depends on what the first key holds."},
    {.begin = KeySpec::Begin::kUnknown,
     .find = KeySpec::Find::kUnknown,
     .flags = "OW update",
     .notes = "STORE may stand anywhere."},
};
constexpr std::span<const KeySpec> kSortRoKeys(kSortKeys, 2);

constexpr Argument kLimit[] = {
    {.type = Type::kInteger, .name = "offset"},
    {.type = Type::kInteger, .name = "count"},
};
constexpr Argument kOrder[] = {
    {.type = Type::kPureToken, .name = "asc", .token = "ASC"},
    {.type = Type::kPureToken, .name = "desc", .token = "DESC"},
};
constexpr Argument kSortArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kPattern, .name = "pattern", .token = "BY", .flags = Argument::kOptional, .key_spec = 1},
    {.type = Type::kBlock, .name = "offset_count", .token = "LIMIT", .flags = Argument::kOptional, .children = kLimit},
    {.type = Type::kPattern,
     .name = "pattern",
     .token = "GET",
     .flags = Argument::kOptional | Argument::kMultiple | Argument::kMultipleToken,
     .key_spec = 1},
    {.type = Type::kOneOf, .name = "order", .flags = Argument::kOptional, .children = kOrder},
    {.type = Type::kPureToken, .name = "sorting", .token = "ALPHA", .flags = Argument::kOptional},
    {.type = Type::kKey, .name = "destination", .token = "STORE", .flags = Argument::kOptional, .key_spec = 2},
};
constexpr std::span<const Argument> kSortRoArguments(kSortArguments, 6);

constexpr std::uint32_t kCategories = kCategorySet | kCategorySortedSet | kCategoryList | kCategoryDangerous;

constexpr Command kCommands[] = {
    {.name = "sort",
     .arity = -2,
     .flags = kWrite | kDenyOom | kMovableKeys | kUnlistedKeys,
     .categories = kCategories,
     .keys = kSortKeys,
     .run = commands::sort,
     .further_key = commands::sort_target,
     .further_key_flags = "OW update",
     .summary =
         "Sorts the elements of a list or set, by themselves or by what other keys hold; returns or stores them.",
     .since = "1.0.0",
     .group = "generic",
     .complexity = "O(N+M*log(M)), N being the number of elements, M that of elements returned.",
     .arguments = kSortArguments},
    {.name = "sort_ro",
     .arity = -2,
     .flags = kReadonly | kMovableKeys | kUnlistedKeys,
     .categories = kCategories,
     .keys = kSortRoKeys,
     .run = commands::sort_ro,
     .summary = "Sorts the elements of a list or set, by themselves or by what other keys hold; returns them.",
     .since = "7.0.0",
     .group = "generic",
     .complexity = "O(N+M*log(M)), N being the number of elements, M that of elements returned.",
     .arguments = kSortRoArguments},
};

}  // namespace

std::span<const Command> sort_commands() {
  return kCommands;
}

}  // namespace terrace
