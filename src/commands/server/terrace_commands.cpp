// TERRACE: commands about the store's tiers, for operators and tests. Redis does not have them.
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/runtime/store.h"
#include "src/server/key_location.h"

namespace terrace {
namespace {

void reply_result(Context& context, const Result<void>& result) {
  if (result.ok()) return context.reply.ok();
  bool bad_read = result.error().code == ErrorCode::kCorrupt || result.error().code == ErrorCode::kIo;
  context.reply.error((bad_read ? "IOERR " : "ERR ") + result.error().message);
}

io::Task<> spill(Context& context) {
  storage::Engine& engine = context.engine();
  std::string_view name = context.argument(2);
  Result<void> spilled;
  if (is_option(name, "ALL")) {
    spilled = co_await engine.spill_all();
  } else {
    spilled = co_await engine.spill(context.database_number(), storage::Key(name));
  }
  reply_result(context, spilled);
}

io::Task<> compact(Context& context) {
  reply_result(context, co_await context.engine().compact());
}

io::Task<> checkpoint(Context& context) {
  reply_result(context, co_await context.engine().checkpoint());
}

void locate(Context& context) {
  reply_key_location(context.reply, context.locate(context.argument(2)));
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "CHECKPOINT",        "    Writes a checkpoint and answers when it is durable.",
      "COMPACT",           "    Cleans segments until none is worth it.",
      "LOCATE <key>",      "    Where the store has a key.",
      "SPILL (<key>|ALL)", "    Moves a key's value, or all values, out of memory.",
  };
  reply_help(context, "TERRACE", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kNoScript;
constexpr KeySpec kKey[] = {{.flags = "RO", .index = 2}};
constexpr Argument kSpillArgument[] = {string("key")};

constexpr Command kSubcommands[] = {
    {.name = "terrace|checkpoint",
     .arity = 2,
     .flags = kFlags | kNoMulti,
     .categories = 0,
     .keys = {},
     .run_async = checkpoint,
     .summary = "Writes a checkpoint.",
     .since = "0.1.0",
     .group = "server",
     .complexity = "O(N), N being the number of changed keys."},
    {.name = "terrace|compact",
     .arity = 2,
     .flags = kFlags | kNoMulti,
     .categories = 0,
     .keys = {},
     .run_async = compact,
     .summary = "Cleans segments.",
     .since = "0.1.0",
     .group = "server",
     .complexity = "O(N), N being the records moved."},
    {.name = "terrace|help",
     .arity = 2,
     .flags = kLoading | kStale,
     .categories = 0,
     .keys = {},
     .run = help,
     .summary = "Lists the subcommands.",
     .since = "0.1.0",
     .group = "server",
     .complexity = "O(1)"},
    {.name = "terrace|locate",
     .arity = 3,
     .flags = kFlags | kReadonly,
     .categories = 0,
     .keys = kKey,
     .run = locate,
     .summary = "Tells where the store has a key.",
     .since = "0.1.0",
     .group = "server",
     .complexity = "O(1)",
     .arguments = kKeyArgument},
    {.name = "terrace|spill",
     .arity = 3,
     .flags = kFlags | kNoMulti,
     .categories = 0,
     .keys = {},
     .run_async = spill,
     .summary = "Moves values out of memory.",
     .since = "0.1.0",
     .group = "server",
     .complexity = "O(N), N being the number of keys moved.",
     .arguments = kSpillArgument},
};

constexpr Command kCommands[] = {
    container("terrace", kSubcommands, "0.1.0", "server", "Commands about the store's tiers."),
};

}  // namespace

std::span<const Command> terrace_commands() {
  return kCommands;
}

}  // namespace terrace
