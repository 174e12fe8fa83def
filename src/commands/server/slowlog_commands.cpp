// SLOWLOG: the slow log.
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/runtime/slow_log.h"

namespace terrace {
namespace {

void reply_entry(Reply& reply, const SlowLog::Entry& entry) {
  reply.array(6);
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.integer(entry.unix_seconds);
  reply.integer(entry.duration_us);
  reply.array(entry.arguments.size());
  for (const std::string& argument : entry.arguments) reply.bulk(argument);
  reply.bulk(entry.client_address);
  reply.bulk(entry.client_name);
}

void get(Context& context) {
  const auto& entries = context.parts<SlowLogParts>().slow_log.entries();
  std::size_t wanted = 10;
  if (context.arguments.size() > 3) return wrong_argument_count(context);
  if (context.arguments.size() == 3) {
    auto count = integer_argument(context, 2);
    if (!count) return;
    if (*count < -1) return context.reply.error("ERR count should be greater than or equal to -1");
    wanted = *count == -1 ? entries.size() : static_cast<std::size_t>(*count);
  }
  std::size_t count = std::min(wanted, entries.size());
  context.reply.array(count);
  for (std::size_t i = 0; i < count; ++i) reply_entry(context.reply, entries[i]);
}

void len(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(context.parts<SlowLogParts>().slow_log.entries().size()));
}

void reset(Context& context) {
  context.parts<SlowLogParts>().slow_log.clear();
  context.reply.ok();
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "GET [<count>]",
      "    The last slow commands (10 by default, -1 for all): id, time, microseconds,",
      "    arguments, client address and name.",
      "LEN",
      "    How many there are.",
      "RESET",
      "    Forgets them.",
  };
  reply_help(context, "SLOWLOG", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kLoading | kStale;
constexpr Argument kCount[] = {optional(integer("count"))};

constexpr Change kGetHistory[] = {{"4.0.0", "The client's address and name."}};

constexpr SubcommandRows kRows = {
    .categories = 0, .group = "server", .complexity = "O(N), N being the number of entries."};

constexpr Command kSubcommands[] = {
    kRows.row("slowlog|get", -2, kFlags, get, "2.2.12", "Returns slow commands.", kCount,
              "request_policy:all_nodes nondeterministic_output", kGetHistory),
    kRows.row("slowlog|help", 2, kLoading | kStale, help, "6.2.0", "Lists the subcommands."),
    kRows.row("slowlog|len", 2, kFlags, len, "2.2.12", "Counts the entries.", {},
              "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"),
    kRows.row("slowlog|reset", 2, kFlags, reset, "2.2.12", "Forgets the entries.", {},
              "request_policy:all_nodes response_policy:all_succeeded"),
};

constexpr Command kCommands[] = {
    container("slowlog", kSubcommands, "2.2.12", "server", "Commands about slow commands."),
};

}  // namespace

std::span<const Command> slowlog_commands() {
  return kCommands;
}

}  // namespace terrace
