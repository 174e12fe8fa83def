// Factories for the parts of command rows that repeat: arguments, key specifications, rows of subcommands.
// Ownership: constants. Thread: any.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/execution/command.h"

namespace terrace {

// --- arguments

constexpr Argument key(std::string_view name = "key", int key_spec = 0) {
  return {.type = Argument::Type::kKey, .name = name, .key_spec = key_spec};
}
constexpr Argument string(std::string_view name) {
  return {.type = Argument::Type::kString, .name = name};
}
constexpr Argument integer(std::string_view name) {
  return {.type = Argument::Type::kInteger, .name = name};
}
constexpr Argument real(std::string_view name) {
  return {.type = Argument::Type::kDouble, .name = name};
}
constexpr Argument unix_time(std::string_view name) {
  return {.type = Argument::Type::kUnixTime, .name = name};
}
constexpr Argument pattern(std::string_view name, int key_spec = 0) {
  return {.type = Argument::Type::kPattern, .name = name, .key_spec = key_spec};
}
// A keyword without a value behind it.
constexpr Argument token(std::string_view name, std::string_view word) {
  return {.type = Argument::Type::kPureToken, .name = name, .token = word};
}
constexpr Argument one_of(std::string_view name, std::span<const Argument> choices) {
  return {.type = Argument::Type::kOneOf, .name = name, .children = choices};
}
constexpr Argument block(std::string_view name, std::span<const Argument> parts) {
  return {.type = Argument::Type::kBlock, .name = name, .children = parts};
}

// --- how an argument is given

constexpr Argument optional(Argument argument) {
  argument.flags |= Argument::kOptional;
  return argument;
}
constexpr Argument multiple(Argument argument) {
  argument.flags |= Argument::kMultiple;
  return argument;
}
// An argument behind a keyword.
constexpr Argument prefixed(std::string_view word, Argument argument) {
  argument.token = word;
  return argument;
}
// An optional argument behind a keyword.
constexpr Argument option(std::string_view word, const Argument& argument) {
  return optional(prefixed(word, argument));
}
// An option that may be given several times, each time with its keyword.
constexpr Argument repeated_option(std::string_view word, Argument argument) {
  argument.flags |= Argument::kMultiple | Argument::kMultipleToken;
  return option(word, argument);
}
constexpr Argument since(std::string_view version, Argument argument) {
  argument.since = version;
  return argument;
}

// --- arguments of many commands

inline constexpr Argument kKeyArgument[] = {key()};
inline constexpr Argument kKeysArgument[] = {multiple(key())};
inline constexpr Argument kOffsetAndCount[] = {integer("offset"), integer("count")};
inline constexpr Argument kNxOrXx[] = {token("nx", "NX"), token("xx", "XX")};
inline constexpr Argument kNxXxGtOrLt[] = {token("nx", "NX"), token("xx", "XX"), token("gt", "GT"), token("lt", "LT")};
inline constexpr Argument kAscOrDesc[] = {token("asc", "ASC"), token("desc", "DESC")};

constexpr Argument count_option() {
  return option("COUNT", integer("count"));
}
constexpr Argument limit_option() {
  return option("LIMIT", block("offset_count", kOffsetAndCount));
}
constexpr Argument match_option() {
  return option("MATCH", pattern("pattern"));
}

// --- key specifications of commands with one key, the first argument: what is done to it

inline constexpr KeySpec kRo[] = {{.flags = "RO"}};
inline constexpr KeySpec kRoAccess[] = {{.flags = "RO access"}};
inline constexpr KeySpec kRwInsert[] = {{.flags = "RW insert"}};
inline constexpr KeySpec kRwUpdate[] = {{.flags = "RW update"}};
inline constexpr KeySpec kRwDelete[] = {{.flags = "RW delete"}};
inline constexpr KeySpec kRwAccessUpdate[] = {{.flags = "RW access update"}};
inline constexpr KeySpec kRwAccessDelete[] = {{.flags = "RW access delete"}};
inline constexpr KeySpec kOwUpdate[] = {{.flags = "OW update"}};

// Keys behind the argument `index`, which is their number.
constexpr KeySpec counted_keys(std::string_view flags, int index = 1) {
  return {.find = KeySpec::Find::kKeyCount, .flags = flags, .index = index, .first_key = 1};
}

// --- rows

// The row of a command that has only subcommands.
constexpr Command container(std::string_view name, std::span<const Command> subcommands, std::string_view since,
                            std::string_view group, std::string_view summary) {
  return {.name = name,
          .arity = -2,
          .flags = 0,
          .categories = 0,
          .keys = {},
          .subcommands = subcommands,
          .summary = summary,
          .since = since,
          .group = group,
          .complexity = "Depends on the subcommand."};
}

// What the rows of a container's subcommands without keys have in common.
struct SubcommandRows {
  std::uint32_t categories;
  std::string_view group;
  std::string_view complexity;

  constexpr Command row(std::string_view name, int arity, std::uint32_t flags, void (*run)(Context&),
                        std::string_view since, std::string_view summary, std::span<const Argument> arguments = {},
                        std::string_view tips = {}, std::span<const Change> history = {}) const {
    return {.name = name,
            .arity = arity,
            .flags = flags,
            .categories = categories,
            .keys = {},
            .run = run,
            .summary = summary,
            .since = since,
            .group = group,
            .complexity = complexity,
            .tips = tips,
            .history = history,
            .arguments = arguments};
  }
};

}  // namespace terrace
