// The table of the bitmap commands.
#include "src/commands/families.h"
#include "src/commands/string/bitmap_handlers.h"

namespace terrace {
namespace {

using Type = Argument::Type;

constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
constexpr KeySpec kRwAccessUpdate[] = {{.flags = "RW access update"}};
constexpr KeySpec kTargetAndSources[] = {{.flags = "OW update", .index = 2},
                                         {.flags = "RO access", .index = 3, .last = -1}};
constexpr KeySpec kBitfieldKey[] = {
    {.flags = "RW access update variable_flags", .notes = "With `GET` alone it is only read."}};

constexpr Argument kUnit[] = {
    {.type = Type::kPureToken, .name = "byte", .token = "BYTE"},
    {.type = Type::kPureToken, .name = "bit", .token = "BIT"},
};
constexpr Argument kBitcountIndex[] = {
    {.type = Type::kInteger, .name = "start"},
    {.type = Type::kInteger, .name = "end"},
    {.type = Type::kOneOf, .name = "index_unit", .flags = Argument::kOptional, .since = "7.0.0", .children = kUnit},
};
constexpr Argument kBitcountArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock, .name = "index", .flags = Argument::kOptional, .children = kBitcountIndex},
};
constexpr Argument kBitposEndIndex[] = {
    {.type = Type::kInteger, .name = "end"},
    {.type = Type::kOneOf, .name = "index_unit", .flags = Argument::kOptional, .since = "7.0.0", .children = kUnit},
};
constexpr Argument kBitposIndex[] = {
    {.type = Type::kInteger, .name = "start"},
    {.type = Type::kBlock, .name = "end_index", .flags = Argument::kOptional, .children = kBitposEndIndex},
};
constexpr Argument kBitposArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "bit"},
    {.type = Type::kBlock, .name = "index", .flags = Argument::kOptional, .children = kBitposIndex},
};
constexpr Argument kFieldPlace[] = {
    {.type = Type::kString, .name = "encoding"},
    {.type = Type::kInteger, .name = "offset"},
};
constexpr Argument kFieldValue[] = {
    {.type = Type::kString, .name = "encoding"},
    {.type = Type::kInteger, .name = "offset"},
    {.type = Type::kInteger, .name = "value"},
};
constexpr Argument kFieldIncrement[] = {
    {.type = Type::kString, .name = "encoding"},
    {.type = Type::kInteger, .name = "offset"},
    {.type = Type::kInteger, .name = "increment"},
};
constexpr Argument kOverflow[] = {
    {.type = Type::kPureToken, .name = "wrap", .token = "WRAP"},
    {.type = Type::kPureToken, .name = "sat", .token = "SAT"},
    {.type = Type::kPureToken, .name = "fail", .token = "FAIL"},
};
constexpr Argument kFieldWrite[] = {
    {.type = Type::kBlock, .name = "encoding_offset_value", .token = "SET", .children = kFieldValue},
    {.type = Type::kBlock, .name = "encoding_offset_increment", .token = "INCRBY", .children = kFieldIncrement},
};
constexpr Argument kFieldChange[] = {
    {.type = Type::kOneOf,
     .name = "wrap_sat_fail",
     .token = "OVERFLOW",
     .flags = Argument::kOptional,
     .children = kOverflow},
    {.type = Type::kOneOf, .name = "write_operation", .children = kFieldWrite},
};
constexpr Argument kFieldOperation[] = {
    {.type = Type::kBlock, .name = "encoding_offset", .token = "GET", .children = kFieldPlace},
    {.type = Type::kBlock, .name = "write", .children = kFieldChange},
};
constexpr Argument kBitfieldArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kOneOf,
     .name = "operation",
     .flags = Argument::kOptional | Argument::kMultiple,
     .children = kFieldOperation},
};
constexpr Argument kBitfieldRoArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kBlock,
     .name = "encoding_offset",
     .token = "GET",
     .flags = Argument::kOptional | Argument::kMultiple | Argument::kMultipleToken,
     .children = kFieldPlace},
};
constexpr Argument kBitopArguments[] = {
    {.type = Type::kString, .name = "operation"},
    {.type = Type::kKey, .name = "destkey"},
    {.type = Type::kKey, .name = "key", .flags = Argument::kMultiple, .key_spec = 1},
};
constexpr Argument kGetbitArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "offset"},
};
constexpr Argument kSetbitArguments[] = {
    {.type = Type::kKey, .name = "key"},
    {.type = Type::kInteger, .name = "offset"},
    {.type = Type::kInteger, .name = "value"},
};

constexpr Change kUnitHistory[] = {{"7.0.0", "The option `BYTE` or `BIT`."}};

constexpr Command kCommands[] = {
    {.name = "bitcount",
     .arity = -2,
     .flags = kReadonly,
     .categories = kCategoryBitmap,
     .keys = kRoAccess,
     .run = commands::bitcount,
     .summary = "Counts the bits that are set in a string, or in a part of it.",
     .since = "2.6.0",
     .group = "bitmap",
     .complexity = "O(N)",
     .history = kUnitHistory,
     .arguments = kBitcountArguments},
    {.name = "bitfield",
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryBitmap,
     .keys = kBitfieldKey,
     .run = commands::bitfield,
     .key_flags = commands::bitfield_key_flags,
     .summary = "Reads and changes integers of any width in a string's bits.",
     .since = "3.2.0",
     .group = "bitmap",
     .complexity = "O(1) for each operation.",
     .arguments = kBitfieldArguments},
    {.name = "bitfield_ro",
     .arity = -2,
     .flags = kReadonly | kFast,
     .categories = kCategoryBitmap,
     .keys = kRoAccess,
     .run = commands::bitfield_ro,
     .summary = "Reads integers of any width in a string's bits.",
     .since = "6.0.0",
     .group = "bitmap",
     .complexity = "O(1) for each operation.",
     .arguments = kBitfieldRoArguments},
    {.name = "bitop",
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryBitmap,
     .keys = kTargetAndSources,
     .run = commands::bitop,
     .summary = "Combines strings bit by bit (AND, OR, XOR, NOT, DIFF, DIFF1, ANDOR, ONE) and keeps the result.",
     .since = "2.6.0",
     .group = "bitmap",
     .complexity = "O(N)",
     .arguments = kBitopArguments},
    {.name = "bitpos",
     .arity = -3,
     .flags = kReadonly,
     .categories = kCategoryBitmap,
     .keys = kRoAccess,
     .run = commands::bitpos,
     .summary = "Finds the first bit of a string that is set, or that is not.",
     .since = "2.8.7",
     .group = "bitmap",
     .complexity = "O(N)",
     .history = kUnitHistory,
     .arguments = kBitposArguments},
    {.name = "getbit",
     .arity = 3,
     .flags = kReadonly | kFast,
     .categories = kCategoryBitmap,
     .keys = kRoAccess,
     .run = commands::getbit,
     .summary = "Returns one bit of a string.",
     .since = "2.2.0",
     .group = "bitmap",
     .complexity = "O(1)",
     .arguments = kGetbitArguments},
    {.name = "setbit",
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .categories = kCategoryBitmap,
     .keys = kRwAccessUpdate,
     .run = commands::setbit,
     .summary = "Sets or clears one bit of a string; creates the key if it is absent.",
     .since = "2.2.0",
     .group = "bitmap",
     .complexity = "O(1)",
     .arguments = kSetbitArguments},
};

}  // namespace

std::span<const Command> bitmap_commands() {
  return kCommands;
}

}  // namespace terrace
