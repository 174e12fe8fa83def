// CONFIG: reads and changes the configuration, and writes it into its file.
#include <string>
#include <vector>

#include "io/reactor.h"
#include "src/acl/acl.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/config/config.h"
#include "src/execution/command_table.h"
#include "src/execution/context.h"
#include "src/runtime/logger.h"
#include "src/runtime/server_statistics.h"

namespace terrace {
namespace {

void get(Context& context) {
  auto found = context.parts<ConfigParts>().config.get(context.arguments.subspan(2));
  context.reply.map(found.size());
  for (const auto& [name, value] : found) {
    context.reply.bulk(name);
    context.reply.bulk(value);
  }
}

void set(Context& context) {
  if (context.arguments.size() % 2 != 0) return context.reply.syntax_error();
  std::vector<std::pair<std::string, std::string>> changes;
  for (std::size_t i = 2; i + 1 < context.arguments.size(); i += 2) {
    changes.emplace_back(context.argument(i), context.argument(i + 1));
  }
  Config& config = context.parts<ConfigParts>().config;
  Result<void> changed = config.set(changes);
  for (const std::string& notice : config.take_notices()) context.parts<ConfigParts>().logger.notice(notice);
  if (!changed.ok()) return context.reply.error(changed.error().message);
  for (const auto& [name, value] : changes) {
    if (is_option(name, "requirepass")) context.parts<ConfigParts>().acl.set_default_password(value);
  }
  context.reply.ok();
}

void rewrite(Context& context) {
  Config& config = context.parts<ConfigParts>().config;
  if (config.path().empty()) return context.reply.error("ERR The server is running without a config file");
  Result<void> written = config.rewrite(context.parts<ConfigParts>().acl.lines());
  if (!written.ok()) return context.reply.error("ERR Rewriting config file: " + written.error().message);
  context.parts<ConfigParts>().logger.notice("CONFIG REWRITE executed with success.");
  context.reply.ok();
}

void reset_statistics(Context& context) {
  ServerStatistics& statistics = context.parts<ConfigParts>().statistics;
  statistics = {};
  context.parts<ConfigParts>().commands.reset_usage();
  context.parts<ConfigParts>().reactor.reset_worst_turn();
  context.reply.ok();
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "GET <pattern> [<pattern> ...]",
      "    Parameters whose names match, with their values.",
      "SET <directive> <value> [<directive> <value> ...]",
      "    Changes parameters, all of them or none.",
      "RESETSTAT",
      "    Sets the counters of INFO back.",
      "REWRITE",
      "    Writes the parameters into the configuration file.",
  };
  reply_help(context, "CONFIG", kLines);
}

constexpr std::uint32_t kFlags = kAdmin | kNoScript | kLoading | kStale;

constexpr Argument kParameter[] = {string("parameter")};
constexpr Argument kParameterValue[] = {string("parameter"), string("value")};
constexpr Argument kGetArguments[] = {multiple(block("parameter", kParameter))};
constexpr Argument kSetArguments[] = {multiple(block("parameter_value", kParameterValue))};

constexpr Change kGetHistory[] = {{"7.0.0", "Several patterns."}};
constexpr Change kSetHistory[] = {{"7.0.0", "Several parameters."}};

constexpr Command with_secret(Command row) {
  row.secret = [](std::span<const std::string_view> arguments, std::size_t index) {
    const Directive* const directive = find_directive(arguments[index - 1]);
    return index >= 3 && directive != nullptr && (directive->flags & Directive::kSecret);
  };
  return row;
}

constexpr SubcommandRows kRows = {
    .categories = 0, .group = "server", .complexity = "O(N), N being the number of parameters."};

constexpr Command kSubcommands[] = {
    kRows.row("config|get", -3, kFlags, get, "2.0.0", "Returns parameters.", kGetArguments, {}, kGetHistory),
    kRows.row("config|help", 2, kLoading | kStale, help, "5.0.0", "Lists the subcommands."),
    kRows.row("config|resetstat", 2, kFlags, reset_statistics, "2.0.0", "Sets the counters back."),
    kRows.row("config|rewrite", 2, kFlags, rewrite, "2.8.0", "Writes the parameters into the file."),
    with_secret(kRows.row("config|set", -4, kFlags, set, "2.0.0", "Changes parameters.", kSetArguments,
                          "request_policy:all_nodes response_policy:all_succeeded", kSetHistory)),
};

constexpr Command kCommands[] = {
    container("config", kSubcommands, "2.0.0", "server", "Commands about the configuration."),
};

}  // namespace

std::span<const Command> config_commands() {
  return kCommands;
}

}  // namespace terrace
