// CLIENT: who is connected, and what one may do to them.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/server/authentication.h"
#include "src/server/client_line.h"
#include "src/server/clients.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

constexpr std::string_view kInvalidName = "ERR Client names cannot contain spaces, newlines or special characters.";

void id(Context& context) {
  context.reply.integer(static_cast<std::int64_t>(context.session.id));
}

void get_name(Context& context) {
  if (context.session.name.empty()) return context.reply.null();
  context.reply.bulk(context.session.name);
}

void set_name(Context& context) {
  if (!valid_client_name(context.argument(2))) return context.reply.error(kInvalidName);
  context.session.name = context.argument(2);
  context.reply.ok();
}

void set_info(Context& context) {
  std::string_view what = context.argument(2), value = context.argument(3);
  bool name = is_option(what, "LIB-NAME");
  if (!name && !is_option(what, "LIB-VER")) {
    return context.reply.error("ERR Unrecognized option '" + shown(what) + "'");
  }
  if (!valid_client_name(value)) {
    return context.reply.error("ERR " + std::string(name ? "lib-name" : "lib-ver") +
                               " cannot contain spaces, newlines or special characters.");
  }
  (name ? context.session.library_name : context.session.library_version) = value;
  context.reply.ok();
}

void info(Context& context) {
  const Connection* connection = context.parts<ClientParts>().clients.find(context.session.id);
  if (connection == nullptr) return context.reply.null();
  context.reply.verbatim(client_line(*connection, context.now_ms) + "\n");
}

std::optional<bool> type_is_normal(std::string_view type) {
  if (is_option(type, "NORMAL")) return true;
  for (std::string_view other : {"MASTER", "SLAVE", "REPLICA", "PUBSUB"}) {
    if (is_option(type, other)) return false;
  }
  return std::nullopt;
}

void unknown_type(Context& context, std::string_view type) {
  context.reply.error("ERR Unknown client type '" + shown(type) + "'");
}

void list_ids(Context& context) {
  std::string text;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    auto number = parse_integer(context.argument(i));
    if (!number) return context.reply.error("ERR Invalid client ID");
    const Connection* connection = context.parts<ClientParts>().clients.find(static_cast<std::uint64_t>(*number));
    if (connection) text += client_line(*connection, context.now_ms) + "\n";
  }
  context.reply.verbatim(text);
}

void list(Context& context) {
  std::size_t count = context.arguments.size();
  bool all = true;
  if (count > 3 && is_option(context.argument(2), "ID")) return list_ids(context);
  if (count == 4 && is_option(context.argument(2), "TYPE")) {
    auto normal = type_is_normal(context.argument(3));
    if (!normal) return unknown_type(context, context.argument(3));
    all = *normal;
  } else if (count != 2) {
    return context.reply.syntax_error();
  }
  std::string text;
  for (const auto& [number, connection] : context.parts<ClientParts>().clients.all()) {
    if (all && !connection->session().closing) text += client_line(*connection, context.now_ms) + "\n";
  }
  context.reply.verbatim(text);
}

struct KillFilter {
  std::optional<std::uint64_t> id;
  std::optional<bool> normal;
  std::string_view address, local_address, user;
  bool skip_me = true;

  bool matches(const Session& session) const {
    if (id && *id != session.id) return false;
    if (normal && !*normal) return false;
    if (!address.empty() && address != session.address) return false;
    if (!local_address.empty() && local_address != session.local_address) return false;
    return user.empty() || user == "default";
  }
};

// False: the error is replied.
bool parse_kill_filter(Context& context, KillFilter& filter) {
  for (std::size_t i = 2; i + 1 < context.arguments.size(); i += 2) {
    std::string_view option = context.argument(i), value = context.argument(i + 1);
    if (is_option(option, "ID")) {
      auto number = parse_integer(value);
      if (!number || *number < 1) {
        context.reply.error("ERR client-id should be greater than 0");
        return false;
      }
      filter.id = static_cast<std::uint64_t>(*number);
    } else if (is_option(option, "TYPE")) {
      filter.normal = type_is_normal(value);
      if (!filter.normal) {
        unknown_type(context, value);
        return false;
      }
    } else if (is_option(option, "ADDR")) {
      filter.address = value;
    } else if (is_option(option, "LADDR")) {
      filter.local_address = value;
    } else if (is_option(option, "USER")) {
      if (value != "default") {
        context.reply.error("ERR No such user '" + shown(value) + "'");
        return false;
      }
      filter.user = value;
    } else if (is_option(option, "SKIPME") && (is_option(value, "YES") || is_option(value, "NO"))) {
      filter.skip_me = is_option(value, "YES");
    } else {
      context.reply.syntax_error();
      return false;
    }
  }
  return true;
}

std::int64_t kill_matching(Context& context, const KillFilter& filter) {
  std::int64_t killed = 0;
  for (const auto& [number, connection] : context.parts<ClientParts>().clients.all()) {
    Session& session = connection->session();
    bool me = session.id == context.session.id;
    if (session.closing || (me && filter.skip_me) || !filter.matches(session)) continue;
    ++killed;
    if (me) {
      session.close_after_reply = true;
    } else {
      connection->abort();
    }
  }
  return killed;
}

void kill(Context& context) {
  KillFilter filter;
  if (context.arguments.size() == 3) {
    filter.address = context.argument(2);
    filter.skip_me = false;
    if (kill_matching(context, filter) == 0) return context.reply.error("ERR No such client");
    return context.reply.ok();
  }
  if (context.arguments.size() % 2 != 0) return context.reply.syntax_error();
  if (parse_kill_filter(context, filter)) context.reply.integer(kill_matching(context, filter));
}

void reply_mode(Context& context) {
  std::string_view mode = context.argument(2);
  ReplyMode& current = context.session.reply_mode;
  if (is_option(mode, "ON")) {
    current = ReplyMode::kOn;
    context.reply.ok();
  } else if (is_option(mode, "OFF")) {
    current = ReplyMode::kOff;
  } else if (is_option(mode, "SKIP")) {
    if (current != ReplyMode::kOff) current = ReplyMode::kSkipNext;
  } else {
    context.reply.syntax_error();
  }
}

void pause(Context& context) {
  bool all = true;
  if (context.arguments.size() == 4) {
    all = is_option(context.argument(3), "ALL");
    if (!all && !is_option(context.argument(3), "WRITE"))
      return context.reply.error("ERR CLIENT PAUSE mode must be WRITE or ALL");
  } else if (context.arguments.size() > 4) {
    return context.reply.syntax_error();
  }
  auto timeout_ms = parse_integer(context.argument(2));
  if (!timeout_ms) return context.reply.error("ERR timeout is not an integer or out of range");
  if (*timeout_ms < 0) return context.reply.error("ERR timeout is negative");
  context.parts<ClientParts>().dispatcher.pause().begin(*timeout_ms, all);
  context.reply.ok();
}

void unblock(Context& context) {
  using Unblocking = Blocking::Unblocking;
  Unblocking how = Unblocking::kTimeout;
  if (context.arguments.size() > 4) {
    return context.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                               shown(context.argument(1)) + "'. Try CLIENT HELP.");
  }
  if (context.arguments.size() == 4) {
    if (is_option(context.argument(3), "ERROR")) {
      how = Unblocking::kError;
    } else if (!is_option(context.argument(3), "TIMEOUT")) {
      return context.reply.error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    }
  }
  const auto number = integer_argument(context, 2);
  if (!number) return;
  Connection* connection = context.parts<ClientParts>().clients.find(static_cast<std::uint64_t>(*number));
  const bool unblocked =
      connection != nullptr && context.parts<ClientParts>().dispatcher.blocking().unblock(connection->session(), how);
  context.reply.integer(unblocked ? 1 : 0);
}

void unpause(Context& context) {
  context.parts<ClientParts>().dispatcher.pause().end();
  context.reply.ok();
}

void set_switch(Context& context, bool& value) {
  bool on = is_option(context.argument(2), "ON");
  if (!on && !is_option(context.argument(2), "OFF")) return context.reply.syntax_error();
  value = on;
  context.reply.ok();
}

void no_evict(Context& context) {
  set_switch(context, context.session.no_evict);
}
void no_touch(Context& context) {
  set_switch(context, context.session.no_touch);
}

void help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "GETNAME",
      "    The name of this connection.",
      "ID",
      "    The number of this connection.",
      "INFO",
      "    This connection as CLIENT LIST shows it.",
      "KILL <ip:port>",
      "    Closes the connection from that address.",
      "KILL <option> <value> [<option> <value> [...]]",
      "    Closes the connections that fit: ADDR, LADDR, TYPE, USER, ID, SKIPME.",
      "LIST [TYPE <type> | ID <id> [<id> ...]]",
      "    The connections, a line each.",
      "NO-EVICT (ON|OFF)",
      "    Keeps this connection when memory for clients runs short.",
      "NO-TOUCH (ON|OFF)",
      "    Lets this connection's reads leave no trace in the access clock.",
      "PAUSE <timeout> [WRITE|ALL]",
      "    Makes commands, or those that write, wait for some milliseconds.",
      "REPLY (ON|OFF|SKIP)",
      "    Whether this connection wants answers.",
      "SETINFO (LIB-NAME|LIB-VER) <value>",
      "    Tells which client library this connection uses.",
      "SETNAME <name>",
      "    Gives this connection a name.",
      "UNBLOCK <client-id> [TIMEOUT|ERROR]",
      "    Ends the wait of a connection that a command has blocked.",
      "UNPAUSE",
      "    Ends a pause.",
  };
  reply_help(context, "CLIENT", kLines);
}

constexpr std::uint32_t kFlags = kNoScript | kLoading | kStale;
constexpr std::uint32_t kAdminFlags = kFlags | kAdmin;

using Type = Argument::Type;
constexpr Argument kOnOffChoice[] = {{.type = Type::kPureToken, .name = "on", .token = "ON"},
                                     {.type = Type::kPureToken, .name = "off", .token = "OFF"}};
constexpr Argument kOnOff[] = {{.type = Type::kOneOf, .name = "enabled", .children = kOnOffChoice}};
constexpr Argument kNameArgument[] = {{.type = Type::kString, .name = "connection-name"}};
constexpr Argument kKillTypes[] = {{.type = Type::kPureToken, .name = "normal", .token = "NORMAL"},
                                   {.type = Type::kPureToken, .name = "master", .token = "MASTER", .since = "3.2.0"},
                                   {.type = Type::kPureToken, .name = "slave", .token = "SLAVE"},
                                   {.type = Type::kPureToken, .name = "replica", .token = "REPLICA", .since = "5.0.0"},
                                   {.type = Type::kPureToken, .name = "pubsub", .token = "PUBSUB"}};
constexpr Argument kKillFilters[] = {
    {.type = Type::kInteger, .name = "client-id", .token = "ID", .flags = Argument::kOptional, .since = "2.8.12"},
    {.type = Type::kOneOf,
     .name = "normal_master_slave_pubsub",
     .token = "TYPE",
     .flags = Argument::kOptional,
     .since = "2.8.12",
     .children = kKillTypes},
    {.type = Type::kString, .name = "username", .token = "USER", .flags = Argument::kOptional},
    {.type = Type::kString, .name = "ip:port", .token = "ADDR", .flags = Argument::kOptional},
    {.type = Type::kString, .name = "ip:port", .token = "LADDR", .flags = Argument::kOptional, .since = "6.2.0"},
    {.type = Type::kString, .name = "yes/no", .token = "SKIPME", .flags = Argument::kOptional}};
constexpr Argument kKillFormats[] = {
    {.type = Type::kString, .name = "ip:port", .deprecated_since = "2.8.12"},
    {.type = Type::kOneOf, .name = "new-format", .flags = Argument::kMultiple, .children = kKillFilters}};
constexpr Argument kKillArguments[] = {{.type = Type::kOneOf, .name = "filter", .children = kKillFormats}};
constexpr Argument kPauseModes[] = {{.type = Type::kPureToken, .name = "write", .token = "WRITE"},
                                    {.type = Type::kPureToken, .name = "all", .token = "ALL"}};
constexpr Argument kPauseArguments[] = {
    {.type = Type::kInteger, .name = "timeout"},
    {.type = Type::kOneOf, .name = "mode", .flags = Argument::kOptional, .since = "6.2.0", .children = kPauseModes}};
constexpr Argument kUnblockReasons[] = {{.type = Type::kPureToken, .name = "timeout", .token = "TIMEOUT"},
                                        {.type = Type::kPureToken, .name = "error", .token = "ERROR"}};
constexpr Argument kUnblockArguments[] = {
    {.type = Type::kInteger, .name = "client-id"},
    {.type = Type::kOneOf, .name = "timeout_error", .flags = Argument::kOptional, .children = kUnblockReasons}};
constexpr Argument kReplyChoice[] = {{.type = Type::kPureToken, .name = "on", .token = "ON"},
                                     {.type = Type::kPureToken, .name = "off", .token = "OFF"},
                                     {.type = Type::kPureToken, .name = "skip", .token = "SKIP"}};
constexpr Argument kReplyArguments[] = {{.type = Type::kOneOf, .name = "on_off_skip", .children = kReplyChoice}};
constexpr Argument kListTypes[] = {{.type = Type::kPureToken, .name = "normal", .token = "NORMAL"},
                                   {.type = Type::kPureToken, .name = "master", .token = "MASTER"},
                                   {.type = Type::kPureToken, .name = "replica", .token = "REPLICA"},
                                   {.type = Type::kPureToken, .name = "pubsub", .token = "PUBSUB"}};
constexpr Argument kListIds[] = {{.type = Type::kInteger, .name = "client-id", .flags = Argument::kMultiple}};
constexpr Argument kListArguments[] = {{.type = Type::kOneOf,
                                        .name = "normal_master_replica_pubsub",
                                        .token = "TYPE",
                                        .flags = Argument::kOptional,
                                        .since = "5.0.0",
                                        .children = kListTypes},
                                       {.type = Type::kBlock,
                                        .name = "id",
                                        .token = "ID",
                                        .flags = Argument::kOptional,
                                        .since = "6.2.0",
                                        .children = kListIds}};
constexpr Argument kSetInfoChoice[] = {{.type = Type::kString, .name = "libname", .token = "LIB-NAME"},
                                       {.type = Type::kString, .name = "libver", .token = "LIB-VER"}};
constexpr Argument kSetInfoArguments[] = {{.type = Type::kOneOf, .name = "attr", .children = kSetInfoChoice}};

constexpr Change kKillHistory[] = {{"2.8.12", "Filters in place of one address."},
                                   {"2.8.12", "The filter `ID`."},
                                   {"3.2.0", "The type `master`."},
                                   {"5.0.0", "The type `replica`, another word for `slave`."},
                                   {"6.2.0", "The filter `LADDR`."}};
constexpr Change kListHistory[] = {
    {"2.8.12", "The field `id`."},
    {"5.0.0", "The filter `TYPE`."},
    {"6.0.0", "The field `user`."},
    {"6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`."},
    {"7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."},
    {"7.0.3", "The field `ssub`."}};
constexpr Change kPauseHistory[] = {{"6.2.0", "The argument `mode`: `WRITE` holds back writes alone."}};

constexpr Command row(std::string_view name, int arity, std::uint32_t flags, void (*run)(Context&),
                      std::string_view since, std::string_view summary, std::span<const Argument> arguments = {},
                      std::string_view tips = {}, std::span<const Change> history = {}) {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .categories = kCategoryConnection,
          .keys = {},
          .run = run,
          .summary = summary,
          .since = since,
          .group = "connection",
          .complexity = "O(1)",
          .tips = tips,
          .history = history,
          .arguments = arguments};
}

constexpr Command kSubcommands[] = {
    row("client|getname", 2, kFlags, get_name, "2.6.9", "Returns the connection's name."),
    row("client|help", 2, kLoading | kStale, help, "5.0.0", "Lists the subcommands."),
    row("client|id", 2, kFlags, id, "5.0.0", "Returns the connection's number."),
    row("client|info", 2, kFlags, info, "6.2.0", "Describes the connection.", {}, "nondeterministic_output"),
    row("client|kill", -3, kAdminFlags, kill, "2.4.0", "Closes connections.", kKillArguments, {}, kKillHistory),
    row("client|list", -2, kAdminFlags, list, "2.4.0", "Describes the connections.", kListArguments,
        "nondeterministic_output", kListHistory),
    row("client|no-evict", 3, kAdminFlags, no_evict, "7.0.0", "Keeps the connection when memory is short.", kOnOff),
    row("client|no-touch", 3, kFlags, no_touch, "7.2.0", "Lets reads leave no trace of access.", kOnOff),
    row("client|pause", -3, kAdminFlags, pause, "2.9.50", "Makes commands wait for a time.", kPauseArguments, {},
        kPauseHistory),
    row("client|reply", 3, kFlags, reply_mode, "3.2.0", "Chooses whether answers are sent.", kReplyArguments),
    row("client|setinfo", 4, kFlags, set_info, "7.2.0", "Names the client library.", kSetInfoArguments,
        "request_policy:all_nodes response_policy:all_succeeded"),
    row("client|setname", 3, kFlags, set_name, "2.6.9", "Gives the connection a name.", kNameArgument),
    row("client|unblock", -3, kAdminFlags, unblock, "5.0.0", "Ends the wait of a blocked connection.",
        kUnblockArguments),
    row("client|unpause", 2, kAdminFlags, unpause, "6.2.0", "Ends a pause."),
};

constexpr Command kCommands[] = {
    {.name = "client",
     .arity = -2,
     .flags = 0,
     .categories = 0,
     .keys = {},
     .subcommands = kSubcommands,
     .summary = "Commands about connections.",
     .since = "2.4.0",
     .group = "connection",
     .complexity = "Depends on the subcommand."},
};

}  // namespace

std::span<const Command> client_commands() {
  return kCommands;
}

}  // namespace terrace
