// The table of the hash commands.
#include "src/commands/families.h"
#include "src/commands/hash_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kRwDelete[] = {{.flags = "RW delete"}};
constexpr KeySpec kRo[] = {{.flags = "RO"}};
constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
constexpr KeySpec kRwAccessUpdate[] = {{.flags = "RW access update"}};
constexpr KeySpec kRwUpdate[] = {{.flags = "RW update"}};
constexpr KeySpec kRwInsert[] = {{.flags = "RW insert"}};

constexpr Argument kHdelArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "field", .flags = Argument::kMultiple},
};
constexpr Argument kHexistsArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "field"},
};
constexpr Argument kHgetallArguments[] = {
    {.type = Type::kKey, .name = "key"},
};
constexpr Argument kHincrbyArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "field"},
    {.type = Type::kInteger, .name = "increment"},
};
constexpr Argument kHincrbyfloatArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "field"},
    {.type = Type::kDouble, .name = "increment"},
};
constexpr Argument kHmsetArgumentsFieldValue[] = {
    {.type = Type::kString, .name = "field"},
    {.type = Type::kString, .name = "value"},
};
constexpr Argument kHmsetArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock, .name = "field_value", .flags = Argument::kMultiple, .children = kHmsetArgumentsFieldValue},
};
constexpr Argument kHrandfieldArgumentsOptions[] = {
    {.type = Type::kInteger, .name = "count"},
    {.type = Type::kPureToken, .name = "withvalues", .token = "WITHVALUES", .flags = Argument::kOptional},
};
constexpr Argument kHrandfieldArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock, .name = "options", .flags = Argument::kOptional, .children = kHrandfieldArgumentsOptions},
};
constexpr Argument kHscanArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "cursor"},
    {.type = Type::kPattern, .name = "pattern", .token = "MATCH", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};
constexpr Argument kHsetnxArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "field"},
    {.type = Type::kString, .name = "value"},
};

constexpr Change kHdelHistory[] = {{"2.4.0", "Several fields."}};
constexpr Change kHsetHistory[] = {{"4.0.0", "Several fields."}};

constexpr Command kCommands[] = {
    {.name = "hdel",
     .arity = -3,
     .flags = kWrite | kFast,
     .categories = kCategoryHash,
     .keys = kRwDelete,
     .run = commands::hdel,
     .summary = "Removes fields, and the hash with the last one.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the number of fields named.",
     .history = kHdelHistory,
     .arguments = kHdelArguments},
    {.name = "hexists",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kCategoryHash,
     .keys = kRo,
     .run = commands::hexists,
     .summary = "Tells whether a hash has a field.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHexistsArguments},
    {.name = "hget",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hget,
     .summary = "Returns a field's value.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHexistsArguments},
    {.name = "hgetall",
     .arity = 2,
     .flags = kReadonly,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hgetall,
     .summary = "Returns all fields with their values.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHgetallArguments},
    {.name = "hincrby",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHash,
     .keys = kRwAccessUpdate,
     .run = commands::hincrby,
     .summary = "Adds to the integer that a field holds.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHincrbyArguments},
    {.name = "hincrbyfloat",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHash,
     .keys = kRwAccessUpdate,
     .run = commands::hincrbyfloat,
     .summary = "Adds to the real number that a field holds.",
     .since = "2.6.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHincrbyfloatArguments},
    {.name = "hkeys",
     .arity = 2,
     .flags = kReadonly,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hkeys,
     .summary = "Returns all fields.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHgetallArguments},
    {.name = "hlen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .categories = kCategoryHash,
     .keys = kRo,
     .run = commands::hlen,
     .summary = "Counts the fields.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHgetallArguments},
    {.name = "hmget",
     .arity = -3,
     .flags = kReadonly | kFast,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hmget,
     .summary = "Returns the values of several fields.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the number of fields named.",
     .arguments = kHdelArguments},
    {.name = "hmset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHash,
     .keys = kRwUpdate,
     .run = commands::hmset,
     .summary = "Sets several fields.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the number of fields named.",
     .doc_flags = "deprecated",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with several fields",
     .arguments = kHmsetArguments},
    {.name = "hrandfield",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hrandfield,
     .summary = "Returns fields at random.",
     .since = "6.2.0",
     .group = "hash",
     .complexity = "O(N), N being the number of fields returned.",
     .tips = "nondeterministic_output",
     .arguments = kHrandfieldArguments},
    {.name = "hscan",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hscan,
     .summary = "Returns fields and values step by step.",
     .since = "2.8.0",
     .group = "hash",
     .complexity = "O(1) a call, O(N) for all of it.",
     .tips = "nondeterministic_output",
     .arguments = kHscanArguments},
    {.name = "hset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHash,
     .keys = kRwUpdate,
     .run = commands::hset,
     .summary = "Sets fields, making the hash if need be.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1) a field.",
     .history = kHsetHistory,
     .arguments = kHmsetArguments},
    {.name = "hsetnx",
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryHash,
     .keys = kRwInsert,
     .run = commands::hsetnx,
     .summary = "Sets a field that is not there yet.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHsetnxArguments},
    {.name = "hstrlen",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kCategoryHash,
     .keys = kRo,
     .run = commands::hstrlen,
     .summary = "Returns the length of a field's value.",
     .since = "3.2.0",
     .group = "hash",
     .complexity = "O(1)",
     .arguments = kHexistsArguments},
    {.name = "hvals",
     .arity = 2,
     .flags = kReadonly,
     .categories = kCategoryHash,
     .keys = kRoAccess,
     .run = commands::hvals,
     .summary = "Returns all values.",
     .since = "2.0.0",
     .group = "hash",
     .complexity = "O(N), N being the size of the hash.",
     .tips = "nondeterministic_output_order",
     .arguments = kHgetallArguments},
};

}  // namespace

std::span<const Command> hash_commands() {
  return kCommands;
}

}  // namespace terrace
