// The table of SORT and SORT_RO.
#include "src/commands/families.h"
#include "src/commands/key/sort.h"
#include "src/commands/shared/rows.h"

namespace terrace {
namespace {

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

constexpr Argument kSortArguments[] = {
    key(),
    option("BY", pattern("pattern", 1)),
    limit_option(),
    repeated_option("GET", pattern("pattern", 1)),
    optional(one_of("order", kAscOrDesc)),
    optional(token("sorting", "ALPHA")),
    option("STORE", key("destination", 2)),
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
