// DEBUG: helps tests.
#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <string>

#include "src/commands/families.h"
#include "src/commands/server/debug_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/config/directive.h"
#include "src/config/settings.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/session.h"
#include "src/runtime/logger.h"
#include "src/server/reload.h"
#include "src/text/pattern.h"

namespace terrace {
namespace {

constexpr std::string_view kForbidden =
    "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a "
    "local connection, otherwise you need to set this option in the configuration file, and then restart the server.";

bool allowed(const Context& context) {
  const Permission permission = context.parts<DebugParts>().settings.debug_command;
  return permission == Permission::kYes || (permission == Permission::kLocal && context.session.local);
}

// Blocks the reactor's thread, as intended.
void sleep(Context& context) {
  double seconds = std::strtod(std::string(context.argument(2)).c_str(), nullptr);
  usleep(static_cast<useconds_t>(seconds * 1e6));
  context.reply.ok();
}

io::Task<> reload_store(Context& context) {
  bool checkpoint = true;
  for (std::size_t i = 2; i < context.arguments.size(); ++i) {
    if (is_option(context.argument(i), "NOSAVE")) {
      checkpoint = false;
    } else if (!is_option(context.argument(i), "NOFLUSH") && !is_option(context.argument(i), "MERGE")) {
      context.reply.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
      co_return;
    }
  }
  if (context.in_transaction()) {
    context.reply.error("ERR DEBUG RELOAD is not possible inside a transaction");
    co_return;
  }
  Result<void> reloaded = co_await context.parts<DebugParts>().reload.run(checkpoint);
  if (reloaded.ok()) {
    context.reply.ok();
  } else {
    context.reply.error("ERR Error trying to load the store: " + reloaded.error().message);
  }
}

void set_active_expire(Context& context) {
  context.parts<DebugParts>().expiry.set_active(context.argument(2) != "0");
  context.reply.ok();
}

void allow_in_scripts(Context& context) {
  context.parts<DebugParts>().dispatcher.scripts().allow_blocking(context.argument(2) != "0");
  context.reply.ok();
}

void set_packed_threshold(Context& context) {
  constexpr std::int64_t kMost = (std::int64_t{1} << 32) - (std::int64_t{1} << 20);
  const Result<std::int64_t> bytes = parse_memory(context.argument(2));
  if (!bytes.ok() || bytes.value() > kMost) {
    return context.reply.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  const std::int64_t usual = types::CollectionLimits().list_packed_threshold;
  context.parts<DebugParts>().limits.list_packed_threshold = bytes.value() == 0 ? usual : bytes.value();
  context.reply.ok();
}

void match(Context& context) {
  context.reply.integer(types::Pattern(context.argument(2)).matches(context.argument(3)) ? 1 : 0);
}

void log_message(Context& context) {
  context.parts<DebugParts>().logger.warning("DEBUG LOG: " + std::string(context.argument(2)));
  context.reply.ok();
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "DIGEST",
      "    A hash of all keys with their values: equal datasets have equal ones.",
      "DIGEST-VALUE <key> [<key> ...]",
      "    The same of each value alone.",
      "ERROR <text>",
      "    Answers with this error.",
      "LISTPACK <key>",
      "    Writes the elements of a listpack to the log.",
      "LOG <message>",
      "    Writes a line to the log.",
      "OBJECT <key>",
      "    How a value is kept.",
      "POPULATE <count> [<prefix>] [<size>]",
      "    Makes the keys <prefix>:0, <prefix>:1, ... that are not there.",
      "PROTOCOL <kind>",
      "    A reply of this kind: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
      "    true, false.",
      "QUICKLIST-PACKED-THRESHOLD <bytes>",
      "    List elements of at least this size get a separate node; 0: the default limit.",
      "RELOAD [NOSAVE]",
      "    Closes the store and recovers it; NOSAVE: from the log.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Whether expired keys are removed though nobody asks for them.",
      "SET-DISABLE-DENY-SCRIPTS <0|1>",
      "    Whether scripts may call commands that block. They do not wait then.",
      "SLEEP <seconds>",
      "    Holds the server.",
      "STRINGMATCH-LEN <pattern> <text>",
      "    Whether the pattern matches the text.",
  };
  reply_help(context, "DEBUG", kLines);
}

struct Subcommand {
  std::string_view name;
  std::size_t least, most;  // arguments, with DEBUG and the name
  void (*run)(Context&) = nullptr;
  io::Task<> (*run_async)(Context&) = nullptr;
};
constexpr std::size_t kAny = std::numeric_limits<std::size_t>::max();
constexpr Subcommand kSubcommands[] = {
    {.name = "DIGEST", .least = 2, .most = 2, .run_async = commands::debug_digest},
    {.name = "DIGEST-VALUE", .least = 2, .most = kAny, .run_async = commands::debug_digest_value},
    {.name = "ERROR", .least = 3, .most = 3, .run = [](Context& context) { context.reply.error(context.argument(2)); }},
    {.name = "HELP", .least = 2, .most = 2, .run = help},
    {.name = "LISTPACK", .least = 3, .most = 3, .run_async = commands::debug_listpack},
    {.name = "LOADAOF", .least = 2, .most = 2, .run_async = reload_store},
    {.name = "LOG", .least = 3, .most = 3, .run = log_message},
    {.name = "OBJECT", .least = 3, .most = 3, .run_async = commands::debug_object},
    {.name = "POPULATE", .least = 3, .most = 5, .run_async = commands::debug_populate},
    {.name = "PROTOCOL", .least = 3, .most = 3, .run_async = commands::debug_protocol},
    {.name = "QUICKLIST-PACKED-THRESHOLD", .least = 3, .most = 3, .run = set_packed_threshold},
    {.name = "RELOAD", .least = 2, .most = kAny, .run_async = reload_store},
    {.name = "SET-ACTIVE-EXPIRE", .least = 3, .most = 3, .run = set_active_expire},
    {.name = "SET-DISABLE-DENY-SCRIPTS", .least = 3, .most = 3, .run = allow_in_scripts},
    {.name = "SLEEP", .least = 3, .most = 3, .run = sleep},
    {.name = "STRINGMATCH-LEN", .least = 4, .most = 4, .run = match},
};

io::Task<> debug(Context& context) {
  const std::size_t count = context.arguments.size();
  if (!allowed(context)) {
    context.reply.error(kForbidden);
    co_return;
  }
  for (const Subcommand& subcommand : kSubcommands) {
    if (!is_option(context.argument(1), subcommand.name) || count < subcommand.least || count > subcommand.most) {
      continue;
    }
    if (subcommand.run != nullptr) {
      subcommand.run(context);
    } else {
      co_await subcommand.run_async(context);
    }
    co_return;
  }
  reply_unknown_subcommand(context, "DEBUG");
}

constexpr Command kCommands[] = {
    {.name = "debug",
     .arity = -2,
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .categories = 0,
     .keys = {},
     .run_async = debug,
     .summary = "Helps tests.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "Depends on the subcommand.",
     .doc_flags = "syscmd"},
};

}  // namespace

std::span<const Command> debug_commands() {
  return kCommands;
}

}  // namespace terrace
