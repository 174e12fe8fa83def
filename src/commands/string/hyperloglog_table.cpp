// The table of the HyperLogLog commands.
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/commands/string/hyperloglog_handlers.h"

namespace terrace {
namespace {

constexpr KeySpec kCountedKeys[] = {
    {.flags = "RW access", .last = -1, .notes = "What was counted may be kept with the key."}};
constexpr KeySpec kMergedKeys[] = {{.flags = "RW access insert"}, {.flags = "RO access", .index = 2, .last = -1}};
constexpr KeySpec kDebuggedKey[] = {{.flags = "RW access", .index = 2}};

constexpr Argument kPfaddArguments[] = {key(), optional(multiple(string("element")))};
constexpr Argument kPfdebugArguments[] = {string("subcommand"), key()};
constexpr Argument kPfmergeArguments[] = {key("destkey"), multiple(key("sourcekey", 1))};

constexpr Command kCommands[] = {
    {.name = "pfadd",
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHyperLogLog,
     .keys = kRwInsert,
     .run = commands::pfadd,
     .summary = "Adds elements to a HyperLogLog; creates the key if it is absent.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(1) for each element.",
     .arguments = kPfaddArguments},
    {.name = "pfcount",
     .arity = -2,
     .flags = kReadonly | kMayWrite,
     .categories = kCategoryHyperLogLog,
     .keys = kCountedKeys,
     .run = commands::pfcount,
     .summary = "Tells about how many different elements HyperLogLogs have seen.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(1) for one key; O(N) for N keys, much more for each.",
     .arguments = kKeysArgument},
    {.name = "pfdebug",
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin,
     .categories = kCategoryHyperLogLog | kCategoryAdmin | kCategoryDangerous,
     .keys = kDebuggedKey,
     .run = commands::pfdebug,
     .summary = "Shows what a HyperLogLog is made of.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(1)",
     .doc_flags = "syscmd",
     .arguments = kPfdebugArguments},
    {.name = "pfmerge",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryHyperLogLog,
     .keys = kMergedKeys,
     .run = commands::pfmerge,
     .summary = "Merges HyperLogLogs into one.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(N) for N HyperLogLogs, with a high constant.",
     .arguments = kPfmergeArguments},
    {.name = "pfselftest",
     .arity = 1,
     .flags = kAdmin,
     .categories = kCategoryHyperLogLog | kCategoryAdmin | kCategoryDangerous,
     .keys = {},
     .run = commands::pfselftest,
     .summary = "Tests that HyperLogLogs count right.",
     .since = "2.8.9",
     .group = "hyperloglog",
     .complexity = "O(1)",
     .doc_flags = "syscmd"},
};

}  // namespace

std::span<const Command> hyperloglog_commands() {
  return kCommands;
}

}  // namespace terrace
