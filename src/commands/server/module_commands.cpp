// MODULE: there are no modules.
#include "src/commands/families.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"

namespace terrace {
namespace {

void list(Context& context) {
  context.reply.array(0);
}

void load(Context& context) {
  context.reply.error("ERR Error loading the extension. This server has no modules.");
}

void unload(Context& context) {
  context.reply.error("ERR Error unloading module: no such module with that name");
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "LIST",       "    The modules: there are none.",
      "LOAD ...",   "    Is refused: this server has no modules. LOADEX likewise.",
      "UNLOAD ...", "    Is refused likewise.",
  };
  reply_help(context, "MODULE", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kNoScript;
constexpr std::uint32_t kLoadFlags = kFlags | kNoAsyncLoading;

constexpr Argument kNameArgument[] = {string("name")};
constexpr Argument kLoadArguments[] = {string("path"), optional(multiple(string("arg")))};
constexpr Argument kArgument[] = {string("arg")};
constexpr Argument kConfigParts[] = {string("name"), string("value")};
constexpr Argument kLoadexArguments[] = {
    string("path"),
    repeated_option("CONFIG", block("configs", kConfigParts)),
    option("ARGS", multiple(block("args", kArgument))),
};

constexpr SubcommandRows kRows = {.categories = 0, .group = "server", .complexity = "O(1)"};

constexpr Command kSubcommands[] = {
    kRows.row("module|help", 2, kLoading | kStale, help, "5.0.0", "Lists the subcommands."),
    kRows.row("module|list", 2, kFlags, list, "4.0.0", "Names the modules.", {}, "nondeterministic_output_order"),
    kRows.row("module|load", -3, kLoadFlags, load, "4.0.0", "Is refused.", kLoadArguments),
    kRows.row("module|loadex", -3, kLoadFlags, load, "7.0.0", "Is refused.", kLoadexArguments),
    kRows.row("module|unload", 3, kLoadFlags, unload, "4.0.0", "Is refused.", kNameArgument),
};

constexpr Command kCommands[] = {
    container("module", kSubcommands, "4.0.0", "server", "Commands about modules."),
};

}  // namespace

std::span<const Command> module_commands() {
  return kCommands;
}

}  // namespace terrace
