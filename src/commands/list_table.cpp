// The table of the list commands.
#include "src/commands/families.h"
#include "src/commands/list_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kRo[] = {{.flags = "RO"}};
constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
constexpr KeySpec kRwInsert[] = {{.flags = "RW insert"}};
constexpr KeySpec kRwUpdate[] = {{.flags = "RW update"}};
constexpr KeySpec kRwDelete[] = {{.flags = "RW delete"}};
constexpr KeySpec kRwAccessDelete[] = {{.flags = "RW access delete"}};
constexpr KeySpec kSourceAndTarget[] = {{.flags = "RW access delete"}, {.flags = "RW insert", .index = 2}};
constexpr KeySpec kCountedKeys[] = {{.find = KeySpec::Find::kKeyCount, .flags = "RW access delete", .first_key = 1}};

constexpr Argument kKeyArguments[] = {
    {.type = Type::kKey, .name = "key"},
};
constexpr Argument kLeftOrRight[] = {
    {.type = Type::kPureToken, .name = "left", .token = "LEFT"},
    {.type = Type::kPureToken, .name = "right", .token = "RIGHT"},
};
constexpr Argument kLindexArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "index"},
};
constexpr Argument kBeforeOrAfter[] = {
    {.type = Type::kPureToken, .name = "before", .token = "BEFORE"},
    {.type = Type::kPureToken, .name = "after", .token = "AFTER"},
};
constexpr Argument kLinsertArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kOneOf, .name = "where", .children = kBeforeOrAfter},
    {.type = Type::kString, .name = "pivot"},
    {.type = Type::kString, .name = "element"},
};
constexpr Argument kLmoveArguments[] = {
    {.type = Type::kKey, .name = "source"},
    {.type = Type::kKey, .name = "destination", .key_spec = 1},
    {.type = Type::kOneOf, .name = "wherefrom", .children = kLeftOrRight},
    {.type = Type::kOneOf, .name = "whereto", .children = kLeftOrRight},
};
constexpr Argument kLmpopArguments[] = {
    {.type = Type::kInteger, .name = "numkeys"},
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple},
    {.type = Type::kOneOf, .name = "where", .children = kLeftOrRight},
    {.type = Type::kInteger, .name = "count", .token = "COUNT", .flags = Argument::kOptional},
};
constexpr Argument kPopArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "count", .flags = Argument::kOptional, .since = "6.2.0"},
};
constexpr Argument kLposArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "element"},
    {.type = Type::kInteger, .name = "rank", .token = "RANK", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "num-matches", .token = "COUNT", .flags = Argument::kOptional},
    {.type = Type::kInteger, .name = "len", .token = "MAXLEN", .flags = Argument::kOptional},
};
constexpr Argument kPushArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kString, .name = "element", .flags = Argument::kMultiple},
};
constexpr Argument kRangeArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "start"},
    {.type = Type::kInteger, .name = "stop"},
};
constexpr Argument kLremArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "count"},
    {.type = Type::kString, .name = "element"},
};
constexpr Argument kLsetArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "index"},
    {.type = Type::kString, .name = "element"},
};
constexpr Argument kRpoplpushArguments[] = {
    {.type = Type::kKey, .name = "source"},
    {.type = Type::kKey, .name = "destination", .key_spec = 1},
};

constexpr Change kPopHistory[] = {{"6.2.0", "The `count`."}};
constexpr Change kPushHistory[] = {{"2.4.0", "Several elements."}};
constexpr Change kPushxHistory[] = {{"4.0.0", "Several elements."}};

constexpr Command kCommands[] = {
    {.name = "lindex",
     .arity = 3,
     .flags = kReadonly,
     .categories = kCategoryList,
     .keys = kRoAccess,
     .run = commands::lindex,
     .summary = "Returns the element at an index.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the elements between the place and the nearer end, in large lists the nodes.",
     .arguments = kLindexArguments},
    {.name = "linsert",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryList,
     .keys = kRwInsert,
     .run = commands::linsert,
     .summary = "Puts an element before or behind another one.",
     .since = "2.2.0",
     .group = "list",
     .complexity = "O(N), N being the elements before the other one.",
     .arguments = kLinsertArguments},
    {.name = "llen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .categories = kCategoryList,
     .keys = kRo,
     .run = commands::llen,
     .summary = "Returns the number of elements.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(1)",
     .arguments = kKeyArguments},
    {.name = "lmove",
     .arity = 5,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryList,
     .keys = kSourceAndTarget,
     .run = commands::lmove,
     .summary = "Takes an element off an end of one list, puts it to an end of another, returns it.",
     .since = "6.2.0",
     .group = "list",
     .complexity = "O(1)",
     .arguments = kLmoveArguments},
    {.name = "lmpop",
     .arity = -4,
     .flags = kWrite | kMovableKeys,
     .categories = kCategoryList,
     .keys = kCountedKeys,
     .run = commands::lmpop,
     .summary = "Takes elements off the first of several lists that has any.",
     .since = "7.0.0",
     .group = "list",
     .complexity = "O(N+M), N being the number of keys, M that of elements returned.",
     .arguments = kLmpopArguments},
    {.name = "lpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .categories = kCategoryList,
     .keys = kRwAccessDelete,
     .run = commands::lpop,
     .summary = "Takes the first elements off and returns them.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements returned.",
     .history = kPopHistory,
     .arguments = kPopArguments},
    {.name = "lpos",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategoryList,
     .keys = kRoAccess,
     .run = commands::lpos,
     .summary = "Returns the indices at which an element is found.",
     .since = "6.0.6",
     .group = "list",
     .complexity = "O(N), N being the number of elements looked at.",
     .arguments = kLposArguments},
    {.name = "lpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryList,
     .keys = kRwInsert,
     .run = commands::lpush,
     .summary = "Puts elements in front of the others.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements given.",
     .history = kPushHistory,
     .arguments = kPushArguments},
    {.name = "lpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryList,
     .keys = kRwInsert,
     .run = commands::lpushx,
     .summary = "Puts elements in front of the others if the list exists.",
     .since = "2.2.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements given.",
     .history = kPushxHistory,
     .arguments = kPushArguments},
    {.name = "lrange",
     .arity = 4,
     .flags = kReadonly,
     .categories = kCategoryList,
     .keys = kRoAccess,
     .run = commands::lrange,
     .summary = "Returns the elements of a range of indices.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(S+N), S being the way from the nearer end, N the number of elements returned.",
     .arguments = kRangeArguments},
    {.name = "lrem",
     .arity = 4,
     .flags = kWrite,
     .categories = kCategoryList,
     .keys = kRwDelete,
     .run = commands::lrem,
     .summary = "Removes elements that are equal to the one given.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the size of the list.",
     .arguments = kLremArguments},
    {.name = "lset",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryList,
     .keys = kRwUpdate,
     .run = commands::lset,
     .summary = "Replaces the element at an index.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the elements between the place and the nearer end, in large lists the nodes.",
     .arguments = kLsetArguments},
    {.name = "ltrim",
     .arity = 4,
     .flags = kWrite,
     .categories = kCategoryList,
     .keys = kRwDelete,
     .run = commands::ltrim,
     .summary = "Removes all elements but those of a range of indices.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements removed.",
     .arguments = kRangeArguments},
    {.name = "rpop",
     .arity = -2,
     .flags = kWrite | kFast,
     .categories = kCategoryList,
     .keys = kRwAccessDelete,
     .run = commands::rpop,
     .summary = "Takes the last elements off and returns them.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements returned.",
     .history = kPopHistory,
     .arguments = kPopArguments},
    {.name = "rpoplpush",
     .arity = 3,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryList,
     .keys = kSourceAndTarget,
     .run = commands::rpoplpush,
     .summary = "Takes the last element off one list, puts it in front of another, returns it.",
     .since = "1.2.0",
     .group = "list",
     .complexity = "O(1)",
     .doc_flags = "deprecated",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with `RIGHT` and `LEFT`",
     .arguments = kRpoplpushArguments},
    {.name = "rpush",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryList,
     .keys = kRwInsert,
     .run = commands::rpush,
     .summary = "Puts elements behind the others.",
     .since = "1.0.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements given.",
     .history = kPushHistory,
     .arguments = kPushArguments},
    {.name = "rpushx",
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCategoryList,
     .keys = kRwInsert,
     .run = commands::rpushx,
     .summary = "Puts elements behind the others if the list exists.",
     .since = "2.2.0",
     .group = "list",
     .complexity = "O(N), N being the number of elements given.",
     .history = kPushxHistory,
     .arguments = kPushArguments},
};

}  // namespace

std::span<const Command> list_commands() {
  return kCommands;
}

}  // namespace terrace
