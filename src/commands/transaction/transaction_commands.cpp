// MULTI, EXEC, DISCARD, WATCH, UNWATCH. EXEC has no handler: TransactionRunner runs the queued commands.
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/execution/transaction_runner.h"
#include "src/execution/watched_keys.h"

namespace terrace {
namespace {

void multi(Context& context) {
  Transaction& transaction = context.session.transaction;
  if (transaction.open()) return context.reply.error("ERR MULTI calls can not be nested");
  transaction.begin(context.session.database);
  context.reply.ok();
}

void discard(Context& context) {
  if (!context.session.transaction.open()) return context.reply.error("ERR DISCARD without MULTI");
  context.parts<TransactionParts>().transactions.discard(context.session);
  context.reply.ok();
}

void watch(Context& context) {
  if (context.session.transaction.open()) return context.reply.error("ERR WATCH inside MULTI is not allowed");
  // After a watched key has changed, EXEC runs nothing: further keys need not be watched.
  if (!context.session.watch_broken) {
    WatchedKeys& watched = context.parts<TransactionParts>().watched_keys;
    for (const std::string_view name : context.arguments.subspan(1)) {
      watched.watch(context.session, context.database_number(), storage::Key(name), context.peek(name), context.now_ms);
    }
  }
  context.reply.ok();
}

void unwatch(Context& context) {
  context.parts<TransactionParts>().watched_keys.unwatch(context.session);
  context.reply.ok();
}

constexpr std::uint32_t kFlags = kNoScript | kLoading | kStale;
constexpr std::uint32_t kControlFlags = kFlags | kFast | kAllowBusy;
constexpr KeySpec kKeys[] = {{.flags = "RO", .last = -1}};
constexpr Command row(std::string_view name, std::uint32_t flags, void (*run)(Context&), std::string_view since,
                      std::string_view complexity, std::string_view summary) {
  return {.name = name,
          .arity = 1,
          .flags = flags,
          .categories = kCategoryTransaction,
          .keys = {},
          .run = run,
          .summary = summary,
          .since = since,
          .group = "transactions",
          .complexity = complexity};
}

constexpr Command kCommands[] = {
    row("discard", kControlFlags | kAlwaysAtOnce, discard, "2.0.0", "O(N), N being the number of queued commands.",
        "Gives up the queued commands."),
    {.name = "exec",
     .arity = 1,
     .flags = kFlags | kSkipSlowlog | kAlwaysAtOnce,
     .categories = kCategoryTransaction,
     .keys = {},
     .runs_queue = true,
     .summary = "Runs the queued commands as one.",
     .since = "1.2.0",
     .group = "transactions",
     .complexity = "Depends on the queued commands."},
    row("multi", kControlFlags | kAlwaysAtOnce, multi, "1.2.0", "O(1)", "Begins to queue commands."),
    row("unwatch", kControlFlags, unwatch, "2.2.0", "O(1)", "Watches no keys any more."),
    {.name = "watch",
     .arity = -2,
     .flags = kControlFlags | kAlwaysAtOnce,
     .categories = kCategoryTransaction,
     .keys = kKeys,
     .run = watch,
     .summary = "Watches keys: EXEC runs nothing if one of them has changed.",
     .since = "2.2.0",
     .group = "transactions",
     .complexity = "O(1) for every key.",
     .arguments = kKeysArgument},
};

}  // namespace

std::span<const Command> transaction_commands() {
  return kCommands;
}

}  // namespace terrace
