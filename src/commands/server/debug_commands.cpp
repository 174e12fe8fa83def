// DEBUG: helps tests.
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string>

#include "src/commands/families.h"
#include "src/commands/server/debug_digest.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/config/config.h"
#include "src/execution/context.h"
#include "src/execution/expiry_cycle.h"
#include "src/execution/session.h"
#include "src/runtime/logger.h"
#include "src/server/reload.h"
#include "src/types/encoding/value.h"
#include "src/types/list/list.h"
#include "storage/record/image.h"

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

// What Redis tells of a quicklist.
std::string list_figures(const storage::Record& record, std::int64_t max_listpack_size) {
  const types::ListView list(record);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < list.node_count(); ++i) bytes += list.node(i).bytes().size();
  char average[32];
  const double mean = static_cast<double>(list.size()) / static_cast<double>(list.node_count());
  auto end = std::to_chars(average, average + sizeof average, mean, std::chars_format::fixed, 2).ptr;
  return " ql_nodes:" + std::to_string(list.node_count()) + " ql_avg_node:" + std::string(average, end) +
         " ql_listpack_max:" + std::to_string(max_listpack_size) +
         " ql_compressed:0 ql_uncompressed_size:" + std::to_string(bytes);
}

io::Task<> object(Context& context) {
  std::string_view name = context.argument(2);
  const bool loaded = co_await context.load({&name, 1});
  if (!loaded) co_return;
  const storage::Record* record = context.peek(name);
  if (record == nullptr) {
    context.reply.error("ERR no such key");
    co_return;
  }
  std::string image;
  storage::encode_value(image, *record);
  const std::int64_t idle_seconds = context.idle_seconds(name);
  constexpr std::int64_t kLruClock = 0xFFFFFF;
  std::string figures = " lru:" + std::to_string((context.now_ms / 1000 - idle_seconds) & kLruClock) +
                        " lru_seconds_idle:" + std::to_string(idle_seconds);
  if (record->type() == storage::ValueType::kList && record->object()) {
    figures += list_figures(*record, context.parts<DebugParts>().settings.list_max_listpack_size);
  }
  char address[32];
  auto end = std::to_chars(address, address + sizeof address, reinterpret_cast<std::uintptr_t>(record), 16).ptr;
  context.reply.simple("Value at:0x" + std::string(address, end) +
                       " refcount:1 encoding:" + std::string(types::encoding_name(record->type(), record->encoding())) +
                       " serializedlength:" + std::to_string(image.size()) + figures);
}

void set_active_expire(Context& context) {
  context.parts<DebugParts>().expiry.set_active(context.argument(2) != "0");
  context.reply.ok();
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
      "LOG <message>",
      "    Writes a line to the log.",
      "OBJECT <key>",
      "    How a value is kept.",
      "RELOAD [NOSAVE]",
      "    Closes the store and recovers it; NOSAVE: from the log.",
      "SET-ACTIVE-EXPIRE <0|1>",
      "    Whether expired keys are removed though nobody asks for them.",
      "SLEEP <seconds>",
      "    Holds the server.",
  };
  reply_help(context, "DEBUG", kLines);
}

io::Task<> debug(Context& context) {
  std::string_view what = context.argument(1);
  std::size_t count = context.arguments.size();
  if (!allowed(context)) {
    context.reply.error(kForbidden);
  } else if (is_option(what, "HELP") && count == 2) {
    help(context);
  } else if ((is_option(what, "RELOAD") || is_option(what, "LOADAOF")) && count >= 2) {
    co_await reload_store(context);
  } else if (is_option(what, "DIGEST") && count == 2) {
    co_await commands::debug_digest(context);
  } else if (is_option(what, "DIGEST-VALUE") && count >= 2) {
    co_await commands::debug_digest_value(context);
  } else if (count != 3) {
    reply_unknown_subcommand(context, "DEBUG");
  } else if (is_option(what, "SLEEP")) {
    sleep(context);
  } else if (is_option(what, "OBJECT")) {
    co_await object(context);
  } else if (is_option(what, "SET-ACTIVE-EXPIRE")) {
    set_active_expire(context);
  } else if (is_option(what, "ERROR")) {
    context.reply.error(context.argument(2));
  } else if (is_option(what, "LOG")) {
    log_message(context);
  } else {
    reply_unknown_subcommand(context, "DEBUG");
  }
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
