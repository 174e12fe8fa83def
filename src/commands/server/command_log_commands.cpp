// SLOWLOG and COMMANDLOG: the logs of commands that were slow or large.
#include <algorithm>

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/runtime/command_log.h"

namespace terrace {
namespace {

void reply_entry(Reply& reply, const CommandLog::Entry& entry) {
  reply.array(6);
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.integer(entry.unix_seconds);
  reply.integer(entry.measure);
  reply.array(entry.arguments.size());
  for (const std::string& argument : entry.arguments) reply.bulk(argument);
  reply.bulk(entry.client_address);
  reply.bulk(entry.client_name);
}

// How many entries argument 2 asks for; nothing: all. False: the error is replied.
bool parse_count(Context& context, std::size_t& count) {
  const auto number = integer_argument(context, 2);
  if (!number) return false;
  if (*number < -1) return context.reply.error("ERR count should be greater than or equal to -1"), false;
  if (*number >= 0) count = static_cast<std::size_t>(*number);
  return true;
}

void reply_entries(Reply& reply, const CommandLog& log, std::size_t count) {
  count = std::min(count, log.entries().size());
  reply.array(count);
  for (std::size_t i = 0; i < count; ++i) reply_entry(reply, log.entries()[i]);
}

void reply_size(Reply& reply, const CommandLog& log) {
  reply.integer(static_cast<std::int64_t>(log.entries().size()));
}

// --- SLOWLOG

CommandLog& slow_log(Context& context) {
  return context.parts<CommandLogParts>().logs.slow;
}

void get_slow(Context& context) {
  if (context.arguments.size() > 3) return wrong_argument_count(context);
  std::size_t count = 10;
  if (context.arguments.size() == 3) {
    count = slow_log(context).entries().size();
    if (!parse_count(context, count)) return;
  }
  reply_entries(context.reply, slow_log(context), count);
}

void count_slow(Context& context) {
  reply_size(context.reply, slow_log(context));
}

void reset_slow(Context& context) {
  slow_log(context).clear();
  context.reply.ok();
}

void help_slow(Context& context) {
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

// --- COMMANDLOG

// The log that argument `index` names. nullptr: the error is replied.
CommandLog* log_argument(Context& context, std::size_t index) {
  CommandLogs& logs = context.parts<CommandLogParts>().logs;
  const std::string_view type = context.argument(index);
  if (is_option(type, "slow")) return &logs.slow;
  if (is_option(type, "large-request")) return &logs.large_requests;
  if (is_option(type, "large-reply")) return &logs.large_replies;
  context.reply.error("ERR type should be one of the following: slow, large-request, large-reply");
  return nullptr;
}

void get(Context& context) {
  CommandLog* log = log_argument(context, 3);
  if (log == nullptr) return;
  std::size_t count = log->entries().size();
  if (parse_count(context, count)) reply_entries(context.reply, *log, count);
}

void len(Context& context) {
  if (const CommandLog* log = log_argument(context, 2)) reply_size(context.reply, *log);
}

void reset(Context& context) {
  CommandLog* log = log_argument(context, 2);
  if (log == nullptr) return;
  log->clear();
  context.reply.ok();
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "GET <count> <type>",
      "    The last commands in the log of this type (-1 for all): id, time, microseconds or bytes,",
      "    arguments, client address and name. Types: slow, large-request, large-reply.",
      "LEN <type>",
      "    How many there are.",
      "RESET <type>",
      "    Forgets them.",
  };
  reply_help(context, "COMMANDLOG", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kLoading | kStale;
constexpr Argument kCount[] = {optional(integer("count"))};

constexpr Change kGetHistory[] = {{"4.0.0", "The client's address and name."}};

constexpr SubcommandRows kRows = {
    .categories = 0, .group = "server", .complexity = "O(N), N being the number of entries."};

constexpr Command kSlowLogSubcommands[] = {
    kRows.row("slowlog|get", -2, kFlags, get_slow, "2.2.12", "Returns slow commands.", kCount,
              "request_policy:all_nodes nondeterministic_output", kGetHistory),
    kRows.row("slowlog|help", 2, kLoading | kStale, help_slow, "6.2.0", "Lists the subcommands."),
    kRows.row("slowlog|len", 2, kFlags, count_slow, "2.2.12", "Counts the entries.", {},
              "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"),
    kRows.row("slowlog|reset", 2, kFlags, reset_slow, "2.2.12", "Forgets the entries.", {},
              "request_policy:all_nodes response_policy:all_succeeded"),
};

constexpr Argument kTypes[] = {token("slow", "SLOW"), token("large_request", "LARGE-REQUEST"),
                               token("large_reply", "LARGE-REPLY")};
constexpr Argument kGetArguments[] = {integer("count"), one_of("type", kTypes)};
constexpr Argument kTypeArgument[] = {one_of("type", kTypes)};

constexpr Command kCommandLogSubcommands[] = {
    kRows.row("commandlog|get", 4, kFlags, get, "8.1.0", "Returns slow or large commands.", kGetArguments,
              "request_policy:all_nodes nondeterministic_output"),
    kRows.row("commandlog|help", 2, kLoading | kStale, help, "8.1.0", "Lists the subcommands."),
    kRows.row("commandlog|len", 3, kFlags, len, "8.1.0", "Counts the entries.", kTypeArgument,
              "request_policy:all_nodes response_policy:agg_sum nondeterministic_output"),
    kRows.row("commandlog|reset", 3, kFlags, reset, "8.1.0", "Forgets the entries.", kTypeArgument,
              "request_policy:all_nodes response_policy:all_succeeded"),
};

constexpr Command kCommands[] = {
    container("commandlog", kCommandLogSubcommands, "8.1.0", "server", "Commands about slow and large commands."),
    container("slowlog", kSlowLogSubcommands, "2.2.12", "server", "Commands about slow commands."),
};

}  // namespace

std::span<const Command> command_log_commands() {
  return kCommands;
}

}  // namespace terrace
