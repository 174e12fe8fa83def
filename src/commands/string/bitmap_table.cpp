// The table of the bitmap commands.
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/commands/string/bitmap_handlers.h"

namespace terrace {
namespace {

constexpr KeySpec kTargetAndSources[] = {{.flags = "OW update", .index = 2},
                                         {.flags = "RO access", .index = 3, .last = -1}};
constexpr KeySpec kBitfieldKey[] = {
    {.flags = "RW access update variable_flags", .notes = "With `GET` alone it is only read."}};

constexpr Argument kUnit[] = {token("byte", "BYTE"), token("bit", "BIT")};
constexpr Argument kBitcountIndex[] = {
    integer("start"),
    integer("end"),
    since("7.0.0", optional(one_of("index_unit", kUnit))),
};
constexpr Argument kBitcountArguments[] = {key(), optional(block("index", kBitcountIndex))};
constexpr Argument kBitposEndIndex[] = {integer("end"), since("7.0.0", optional(one_of("index_unit", kUnit)))};
constexpr Argument kBitposIndex[] = {integer("start"), optional(block("end_index", kBitposEndIndex))};
constexpr Argument kBitposArguments[] = {key(), integer("bit"), optional(block("index", kBitposIndex))};
constexpr Argument kFieldPlace[] = {string("encoding"), integer("offset")};
constexpr Argument kFieldValue[] = {string("encoding"), integer("offset"), integer("value")};
constexpr Argument kFieldIncrement[] = {string("encoding"), integer("offset"), integer("increment")};
constexpr Argument kOverflow[] = {token("wrap", "WRAP"), token("sat", "SAT"), token("fail", "FAIL")};
constexpr Argument kFieldWrite[] = {
    prefixed("SET", block("encoding_offset_value", kFieldValue)),
    prefixed("INCRBY", block("encoding_offset_increment", kFieldIncrement)),
};
constexpr Argument kFieldChange[] = {
    option("OVERFLOW", one_of("wrap_sat_fail", kOverflow)),
    one_of("write_operation", kFieldWrite),
};
constexpr Argument kFieldOperation[] = {
    prefixed("GET", block("encoding_offset", kFieldPlace)),
    block("write", kFieldChange),
};
constexpr Argument kBitfieldArguments[] = {key(), optional(multiple(one_of("operation", kFieldOperation)))};
constexpr Argument kBitfieldRoArguments[] = {key(), repeated_option("GET", block("encoding_offset", kFieldPlace))};
constexpr Argument kBitopArguments[] = {string("operation"), key("destkey"), multiple(key("key", 1))};
constexpr Argument kGetbitArguments[] = {key(), integer("offset")};
constexpr Argument kSetbitArguments[] = {key(), integer("offset"), integer("value")};

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
