// The table of the set commands.
#include "src/commands/families.h"
#include "src/commands/set/set_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kRo[] = {{.flags = "RO"}};
constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
constexpr KeySpec kRoKeys[] = {{.flags = "RO access", .last = -1}};
constexpr KeySpec kCountedKeys[] = {
    {.find = KeySpec::Find::kKeyCount, .flags = "RO access", .count_index = 0, .first_key = 1}};
constexpr KeySpec kRwInsert[] = {{.flags = "RW insert"}};
constexpr KeySpec kRwDelete[] = {{.flags = "RW delete"}};
constexpr KeySpec kRwAccessDelete[] = {{.flags = "RW access delete"}};
constexpr KeySpec kSmoveKeys[] = {{.flags = "RW access delete"}, {.flags = "RW insert", .index = 2}};
// As Redis has it, which calls the same thing by two names.
constexpr KeySpec kOverwriteAndKeys[] = {{.flags = "OW update"}, {.flags = "RO access", .index = 2, .last = -1}};
constexpr KeySpec kUpdateAndKeys[] = {{.flags = "RW update"}, {.flags = "RO access", .index = 2, .last = -1}};

constexpr Argument kKeyArguments[] = {
    {.type = Type::kKey, .name = "key"},
};
constexpr Argument kKeysArguments[] = {
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple},
};
constexpr Argument kMemberArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member"},
};
constexpr Argument kMembersArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "member", .flags = Argument::kMultiple},
};
constexpr Argument kStoreArguments[] = {
    {.type = Type::kKey, .name = "destination"},
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple, .key_spec = 1},
};
constexpr Argument kSintercardArguments[] = {
    {.type = Type::kInteger, .name = "numkeys"},
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple},
    {.type = Type::kInteger, .name = "limit", .token = "LIMIT", .flags = Argument::kOptional},
};
constexpr Argument kSmoveArguments[] = {
    {.type = Type::kKey, .name = "source"},
    {.type = Type::kKey, .name = "destination", .key_spec = 1},
    {.type = Type::kString, .name = "member"},
};
constexpr Argument kSpopArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "count", .flags = Argument::kOptional, .since = "3.2.0"},
};
constexpr Argument kSrandmemberArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "count", .flags = Argument::kOptional, .since = "2.6.0"},
};
constexpr Argument kSscanArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "cursor"},
    {.type = Type::kPattern, .name = "pattern", .token = "MATCH", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};

constexpr Change kSaddHistory[] = {{"2.4.0", "Several members."}};
constexpr Change kSremHistory[] = {{"2.4.0", "Several members."}};
constexpr Change kSpopHistory[] = {{"3.2.0", "The count."}};
constexpr Change kSrandmemberHistory[] = {{"2.6.0", "The count."}};

constexpr Command kCommands[] = {
    {.name = "sadd",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategorySet,
     .keys = kRwInsert,
     .run = commands::sadd,
     .summary = "Adds members to a set.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the number of members named.",
     .history = kSaddHistory,
     .arguments = kMembersArguments},
    {.name = "scard",
     .arity = 2,
     .flags = kReadonly | kFast,
     .categories = kCategorySet,
     .keys = kRo,
     .run = commands::scard,
     .summary = "Tells how many members a set has.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(1)",
     .arguments = kKeyArguments},
    {.name = "sdiff",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoKeys,
     .run = commands::sdiff,
     .summary = "Returns the members of the first set that no other one has.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the members of all the sets.",
     .tips = "nondeterministic_output_order",
     .arguments = kKeysArguments},
    {.name = "sdiffstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .categories = kCategorySet,
     .keys = kOverwriteAndKeys,
     .run = commands::sdiffstore,
     .summary = "Keeps what SDIFF returns under a key.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the members of all the sets.",
     .arguments = kStoreArguments},
    {.name = "sinter",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoKeys,
     .run = commands::sinter,
     .summary = "Returns the members that all the sets have.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N*M), N being the size of the smallest set and M their number.",
     .tips = "nondeterministic_output_order",
     .arguments = kKeysArguments},
    {.name = "sintercard",
     .arity = -3,
     .flags = kReadonly | kMovableKeys,
     .categories = kCategorySet,
     .keys = kCountedKeys,
     .run = commands::sintercard,
     .summary = "Counts the members that all the sets have.",
     .since = "7.0.0",
     .group = "set",
     .complexity = "O(N*M), N being the size of the smallest set and M their number.",
     .arguments = kSintercardArguments},
    {.name = "sinterstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .categories = kCategorySet,
     .keys = kUpdateAndKeys,
     .run = commands::sinterstore,
     .summary = "Keeps what SINTER returns under a key.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N*M), N being the size of the smallest set and M their number.",
     .arguments = kStoreArguments},
    {.name = "sismember",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kCategorySet,
     .keys = kRo,
     .run = commands::sismember,
     .summary = "Tells whether a set has a member.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(1)",
     .arguments = kMemberArguments},
    {.name = "smembers",
     .arity = 2,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoAccess,
     .run = commands::smembers,
     .summary = "Returns all members of a set.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the size of the set.",
     .tips = "nondeterministic_output_order",
     .arguments = kKeyArguments},
    {.name = "smismember",
     .arity = -3,
     .flags = kReadonly | kFast,
     .categories = kCategorySet,
     .keys = kRoAccess,
     .run = commands::smismember,
     .summary = "Tells of each member named whether a set has it.",
     .since = "6.2.0",
     .group = "set",
     .complexity = "O(N), N being the number of members named.",
     .arguments = kMembersArguments},
    {.name = "smove",
     .arity = 4,
     .flags = kWrite | kFast,
     .categories = kCategorySet,
     .keys = kSmoveKeys,
     .run = commands::smove,
     .summary = "Moves a member from one set to another.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(1)",
     .arguments = kSmoveArguments},
    {.name = "spop",
     .arity = -2,
     .flags = kWrite | kFast,
     .categories = kCategorySet,
     .keys = kRwAccessDelete,
     .run = commands::spop,
     .summary = "Takes random members away and returns them.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(1) for one, otherwise O(N), N being the count asked for, or the size of the set where that is a "
                   "third of it or more.",
     .tips = "nondeterministic_output",
     .history = kSpopHistory,
     .arguments = kSpopArguments},
    {.name = "srandmember",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoAccess,
     .run = commands::srandmember,
     .summary = "Returns random members of a set.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(1) for one, otherwise O(N), N being the count asked for, or the size of the set where that is a "
                   "third of it or more.",
     .tips = "nondeterministic_output",
     .history = kSrandmemberHistory,
     .arguments = kSrandmemberArguments},
    {.name = "srem",
     .arity = -3,
     .flags = kWrite | kFast,
     .categories = kCategorySet,
     .keys = kRwDelete,
     .run = commands::srem,
     .summary = "Removes members, and the set with the last one.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the number of members named.",
     .history = kSremHistory,
     .arguments = kMembersArguments},
    {.name = "sscan",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoAccess,
     .run = commands::sscan,
     .summary = "Walks over the members of a set, some at a time.",
     .since = "2.8.0",
     .group = "set",
     .complexity = "O(1) a call, O(N) for all, N being the size of the set.",
     .tips = "nondeterministic_output",
     .arguments = kSscanArguments},
    {.name = "sunion",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategorySet,
     .keys = kRoKeys,
     .run = commands::sunion,
     .summary = "Returns the members that any of the sets has.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the members of all the sets.",
     .tips = "nondeterministic_output_order",
     .arguments = kKeysArguments},
    {.name = "sunionstore",
     .arity = -3,
     .flags = kWrite | kDenyOom,
     .categories = kCategorySet,
     .keys = kOverwriteAndKeys,
     .run = commands::sunionstore,
     .summary = "Keeps what SUNION returns under a key.",
     .since = "1.0.0",
     .group = "set",
     .complexity = "O(N), N being the members of all the sets.",
     .arguments = kStoreArguments},
};

}  // namespace

std::span<const Command> set_commands() {
  return kCommands;
}

}  // namespace terrace
