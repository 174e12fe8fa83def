// COMMAND: describes the commands of the table.
#include <vector>

#include "src/acl/category.h"
#include "src/commands/families.h"
#include "src/commands/server/command_description.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/command.h"
#include "src/execution/command_table.h"
#include "src/execution/context.h"
#include "src/text/pattern.h"

namespace terrace {
namespace {

void all(Context& context) {
  const auto& entries = context.parts<CommandParts>().commands.entries();
  context.reply.array(entries.size());
  for (const auto& entry : entries) describe_command(context.reply, *entry);
}

void count(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(context.parts<CommandParts>().commands.entries().size()));
}

void info(Context& context) {
  if (context.arguments.size() == 2) return all(context);
  context.reply.array(context.arguments.size() - 2);
  for (std::string_view name : context.arguments.subspan(2)) {
    const CommandEntry* entry = context.parts<CommandParts>().commands.find_full(name);
    if (entry) {
      describe_command(context.reply, *entry);
    } else {
      context.reply.null();
    }
  }
}

void docs(Context& context) {
  std::vector<const CommandEntry*> found;
  if (context.arguments.size() == 2) {
    for (const auto& entry : context.parts<CommandParts>().commands.entries()) found.push_back(entry.get());
  }
  for (std::string_view name : context.arguments.subspan(2)) {
    if (const CommandEntry* entry = context.parts<CommandParts>().commands.find_full(name)) found.push_back(entry);
  }
  context.reply.map(found.size());
  for (const CommandEntry* entry : found) document_command(context.reply, *entry);
}

bool listed(const CommandEntry& entry, std::string_view filter, std::string_view value) {
  if (filter.empty()) return true;
  if (is_option(filter, "ACLCAT")) return acl::in_category(*entry.row, value);
  if (is_option(filter, "PATTERN")) return types::Pattern(value, types::Letters::kAnyCase).matches(entry.name());
  return false;  // MODULE: there are none
}

void list(Context& context) {
  std::string_view filter, value;
  if (context.arguments.size() == 5 && is_option(context.argument(2), "FILTERBY")) {
    filter = context.argument(3);
    value = context.argument(4);
    if (!is_option(filter, "MODULE") && !is_option(filter, "ACLCAT") && !is_option(filter, "PATTERN")) {
      return context.reply.syntax_error();
    }
  } else if (context.arguments.size() != 2) {
    return context.reply.syntax_error();
  }
  std::vector<std::string_view> names;
  for (const auto& entry : context.parts<CommandParts>().commands.entries()) {
    if (listed(*entry, filter, value)) names.push_back(entry->name());
    for (const auto& subcommand : entry->subcommands) {
      if (listed(*subcommand, filter, value)) names.push_back(subcommand->name());
    }
  }
  context.reply.array(names.size());
  for (std::string_view name : names) context.reply.bulk(name);
}

// Finds the keys of the command in the arguments. False: the error is replied.
bool find_keys_of(Context& context, std::vector<KeyPosition>& keys) {
  auto arguments = context.arguments.subspan(2);
  const CommandEntry* entry = context.parts<CommandParts>().commands.find(arguments);
  bool unknown_subcommand = entry != nullptr && !entry->subcommands.empty();
  if (entry == nullptr || unknown_subcommand) {
    context.reply.error("ERR Invalid command specified");
    return false;
  }
  const Command& row = *entry->row;
  int given = static_cast<int>(arguments.size());
  if (row.keys.empty() || row.keys[0].flags == kNotKey) {
    context.reply.error("ERR The command has no key arguments");
  } else if (row.arity > 0 ? given != row.arity : given < -row.arity) {
    context.reply.error("ERR Invalid number of arguments specified for command");
  } else if (!find_keys(row, arguments, keys) || (keys.empty() && !(row.flags & kNoMandatoryKeys))) {
    context.reply.error("ERR Invalid arguments specified for command");
  } else {
    return true;
  }
  return false;
}

void getkeys(Context& context) {
  std::vector<KeyPosition> keys;
  if (!find_keys_of(context, keys)) return;
  context.reply.array(keys.size());
  for (const KeyPosition& key : keys) context.reply.bulk(context.argument(key.argument + 2));
}

void getkeysandflags(Context& context) {
  std::vector<KeyPosition> keys;
  if (!find_keys_of(context, keys)) return;
  context.reply.array(keys.size());
  for (const KeyPosition& key : keys) {
    context.reply.array(2);
    context.reply.bulk(context.argument(key.argument + 2));
    const auto arguments = context.arguments.subspan(2);
    const CommandEntry* entry = context.parts<CommandParts>().commands.find(arguments);
    reply_key_flags(context.reply, flags_of(*entry->row, arguments, key));
  }
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "(no subcommand)",
      "    Describes all commands.",
      "COUNT",
      "    How many commands there are.",
      "DOCS [<command> ...]",
      "    What commands are for and what they take.",
      "GETKEYS <command> [<argument> ...]",
      "    The keys among a command's arguments.",
      "GETKEYSANDFLAGS <command> [<argument> ...]",
      "    The keys, and what is done to them.",
      "INFO [<command> ...]",
      "    Describes commands.",
      "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
      "    The names of commands.",
  };
  reply_help(context, "COMMAND", kLines);
}

constexpr std::uint32_t kFlags = kLoading | kStale;
constexpr Argument kNamesArgument[] = {optional(multiple(string("command-name")))};
constexpr Argument kFilters[] = {
    prefixed("MODULE", string("module-name")),
    prefixed("ACLCAT", string("category")),
    prefixed("PATTERN", pattern("pattern")),
};
constexpr Argument kListArguments[] = {option("FILTERBY", one_of("filterby", kFilters))};

constexpr std::string_view kAnyOrder = "nondeterministic_output_order";

constexpr Change kInfoHistory[] = {{"7.0.0", "Without names: all commands."}};

constexpr SubcommandRows kRows = {
    .categories = kCategoryConnection, .group = "server", .complexity = "O(N), N being what is told."};

constexpr Command kSubcommands[] = {
    kRows.row("command|count", 2, kFlags, count, "2.8.13", "Counts the commands."),
    kRows.row("command|docs", -2, kFlags, docs, "7.0.0", "Explains commands.", kNamesArgument, kAnyOrder),
    kRows.row("command|getkeys", -4, kFlags, getkeys, "2.8.13", "Finds the keys of a command."),
    kRows.row("command|getkeysandflags", -4, kFlags, getkeysandflags, "7.0.0", "Finds keys and what is done to them."),
    kRows.row("command|help", 2, kFlags, help, "5.0.0", "Lists the subcommands."),
    kRows.row("command|info", -2, kFlags, info, "2.8.13", "Describes commands.", kNamesArgument, kAnyOrder,
              kInfoHistory),
    kRows.row("command|list", -2, kFlags, list, "7.0.0", "Names the commands.", kListArguments, kAnyOrder),
};

constexpr Command kCommands[] = {
    {.name = "command",
     .arity = -1,
     .flags = kFlags,
     .categories = kCategoryConnection,
     .keys = {},
     .run = all,
     .subcommands = kSubcommands,
     .summary = "Describes all commands.",
     .since = "2.8.13",
     .group = "server",
     .complexity = "O(N), N being the number of commands.",
     .tips = kAnyOrder},
};

}  // namespace

std::span<const Command> command_commands() {
  return kCommands;
}

}  // namespace terrace
