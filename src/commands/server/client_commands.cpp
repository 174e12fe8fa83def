// CLIENT: lists connections and changes them.
#include <limits>
#include <string>

#include "src/commands/families.h"
#include "src/commands/server/client_filter.h"
#include "src/commands/server/client_tracking.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/execution/dispatcher.h"
#include "src/server/client_line.h"
#include "src/server/clients.h"

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

void list(Context& context) {
  ClientFilter filter(false, std::numeric_limits<std::int64_t>::min(), "ERR Invalid client ID");
  if (!filter.parse(context, 2)) return;
  std::string text;
  for (const auto& [number, connection] : context.parts<ClientParts>().clients.all()) {
    if (!filter.matches(connection->session(), context.session, context.now_ms)) continue;
    text += client_line(*connection, context.now_ms) + "\n";
  }
  context.reply.verbatim(text);
}

// The client that asks gets its reply first.
void end_connection(Context& context, Connection& connection) {
  Session& session = connection.session();
  if (&session == &context.session) {
    session.close_after_reply = true;
  } else {
    connection.abort();
  }
}

void kill_address(Context& context, std::string_view address) {
  for (const auto& [number, connection] : context.parts<ClientParts>().clients.all()) {
    if (connection->session().closing || connection->session().address != address) continue;
    end_connection(context, *connection);
    return context.reply.ok();
  }
  context.reply.error("ERR No such client");
}

void kill(Context& context) {
  if (context.arguments.size() == 3) return kill_address(context, context.argument(2));
  ClientFilter filter(true, 1, "ERR client-id should be greater than 0");
  if (!filter.parse(context, 2)) return;
  std::int64_t killed = 0;
  for (const auto& [number, connection] : context.parts<ClientParts>().clients.all()) {
    if (!filter.matches(connection->session(), context.session, context.now_ms)) continue;
    ++killed;
    end_connection(context, *connection);
  }
  context.reply.integer(killed);
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
  const auto timeout_ms = milliseconds_timeout_argument(context, 2);
  if (!timeout_ms) return;
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
      "CACHING (YES|NO)",
      "    Whether what the next command reads is tracked, in the modes OPTIN and OPTOUT.",
      "GETNAME",
      "    The name of this connection.",
      "GETREDIR",
      "    The number of the connection that is told in place of this one what has changed.",
      "ID",
      "    The number of this connection.",
      "INFO",
      "    This connection as CLIENT LIST shows it.",
      "KILL <ip:port>",
      "    Closes the connection from that address.",
      "KILL <option> <value> [<option> <value> [...]]",
      "    Closes the connections that fit: ADDR, LADDR, IP, TYPE, USER, ID, NAME, LIB-NAME,",
      "    LIB-VER, FLAGS, DB, IDLE, MAXAGE, each also with NOT- in front, and SKIPME.",
      "LIST [<option> <value> [<option> <value> [...]]]",
      "    The connections that fit, a line each.",
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
      "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
      "    Whether this connection is told when what it has read changes.",
      "TRACKINGINFO",
      "    How this connection's reads are tracked.",
      "UNBLOCK <client-id> [TIMEOUT|ERROR]",
      "    Ends the wait of a connection that a command has blocked.",
      "UNPAUSE",
      "    Ends a pause.",
  };
  reply_help(context, "CLIENT", kLines);
}

constexpr std::uint32_t kFlags = kNoScript | kLoading | kStale;
constexpr std::uint32_t kAdminFlags = kFlags | kAdmin;

constexpr Argument kOnOffChoice[] = {token("on", "ON"), token("off", "OFF")};
constexpr Argument kOnOff[] = {one_of("enabled", kOnOffChoice)};
constexpr Argument kYesNoChoice[] = {token("yes", "YES"), token("no", "NO")};
constexpr Argument kYesNo[] = {one_of("mode", kYesNoChoice)};
constexpr Argument kTrackingArguments[] = {
    one_of("status", kOnOffChoice),
    option("REDIRECT", integer("client-id")),
    repeated_option("PREFIX", string("prefix")),
    optional(token("bcast", "BCAST")),
    optional(token("optin", "OPTIN")),
    optional(token("optout", "OPTOUT")),
    optional(token("noloop", "NOLOOP")),
};
constexpr Argument kNameArgument[] = {string("connection-name")};
constexpr Argument kKillTypes[] = {
    token("normal", "NORMAL"), since("3.2.0", token("master", "MASTER")),
    token("slave", "SLAVE"),   since("5.0.0", token("replica", "REPLICA")),
    token("pubsub", "PUBSUB"),
};
constexpr Argument kKillFilters[] = {
    since("2.8.12", option("ID", integer("client-id"))),
    since("2.8.12", option("TYPE", one_of("normal_master_slave_pubsub", kKillTypes))),
    option("USER", string("username")),
    option("ADDR", string("ip:port")),
    since("6.2.0", option("LADDR", string("ip:port"))),
    option("SKIPME", string("yes/no")),
    since("7.4.0", option("MAXAGE", integer("maxage"))),
};
constexpr Argument kKillFormats[] = {
    {.type = Argument::Type::kString, .name = "ip:port", .deprecated_since = "2.8.12"},
    multiple(one_of("new-format", kKillFilters)),
};
constexpr Argument kKillArguments[] = {one_of("filter", kKillFormats)};
constexpr Argument kPauseModes[] = {token("write", "WRITE"), token("all", "ALL")};
constexpr Argument kPauseArguments[] = {integer("timeout"), since("6.2.0", optional(one_of("mode", kPauseModes)))};
constexpr Argument kUnblockReasons[] = {token("timeout", "TIMEOUT"), token("error", "ERROR")};
constexpr Argument kUnblockArguments[] = {integer("client-id"), optional(one_of("timeout_error", kUnblockReasons))};
constexpr Argument kReplyChoice[] = {token("on", "ON"), token("off", "OFF"), token("skip", "SKIP")};
constexpr Argument kReplyArguments[] = {one_of("on_off_skip", kReplyChoice)};
constexpr Argument kListTypes[] = {
    token("normal", "NORMAL"),
    token("master", "MASTER"),
    token("replica", "REPLICA"),
    token("pubsub", "PUBSUB"),
};
constexpr Argument kListIds[] = {multiple(integer("client-id"))};
constexpr Argument kListArguments[] = {
    since("5.0.0", option("TYPE", one_of("normal_master_replica_pubsub", kListTypes))),
    since("6.2.0", option("ID", block("id", kListIds))),
};
constexpr Argument kSetInfoChoice[] = {prefixed("LIB-NAME", string("libname")), prefixed("LIB-VER", string("libver"))};
constexpr Argument kSetInfoArguments[] = {one_of("attr", kSetInfoChoice)};

constexpr Change kKillHistory[] = {{"2.8.12", "Filters in place of one address."},
                                   {"2.8.12", "The filter `ID`."},
                                   {"3.2.0", "The type `master`."},
                                   {"5.0.0", "The type `replica`, another word for `slave`."},
                                   {"6.2.0", "The filter `LADDR`."},
                                   {"7.4.0", "The filter `MAXAGE`."}};
constexpr Change kListHistory[] = {
    {"2.8.12", "The field `id`."},
    {"5.0.0", "The filter `TYPE`."},
    {"6.0.0", "The field `user`."},
    {"6.2.0", "The fields `argv-mem`, `tot-mem`, `laddr` and `redir`, and the filter `ID`."},
    {"7.0.0", "The fields `resp`, `multi-mem`, `rbs` and `rbp`."},
    {"7.0.3", "The field `ssub`."}};
constexpr Change kPauseHistory[] = {{"6.2.0", "The argument `mode`: `WRITE` holds back writes alone."}};

constexpr SubcommandRows kRows = {.categories = kCategoryConnection, .group = "connection", .complexity = "O(1)"};

constexpr Command kSubcommands[] = {
    kRows.row("client|caching", 3, kFlags, commands::client_caching, "6.0.0",
              "Chooses whether what the next command reads is tracked.", kYesNo),
    kRows.row("client|getname", 2, kFlags, get_name, "2.6.9", "Returns the connection's name."),
    kRows.row("client|getredir", 2, kFlags, commands::client_getredir, "6.0.0",
              "Returns which connection is told of changes in place of this one."),
    kRows.row("client|help", 2, kLoading | kStale, help, "5.0.0", "Lists the subcommands."),
    kRows.row("client|id", 2, kFlags, id, "5.0.0", "Returns the connection's number."),
    kRows.row("client|info", 2, kFlags, info, "6.2.0", "Describes the connection.", {}, "nondeterministic_output"),
    kRows.row("client|kill", -3, kAdminFlags, kill, "2.4.0", "Closes connections.", kKillArguments, {}, kKillHistory),
    kRows.row("client|list", -2, kAdminFlags, list, "2.4.0", "Describes the connections.", kListArguments,
              "nondeterministic_output", kListHistory),
    kRows.row("client|no-evict", 3, kAdminFlags, no_evict, "7.0.0", "Keeps the connection when memory is short.",
              kOnOff),
    kRows.row("client|no-touch", 3, kFlags, no_touch, "7.2.0", "Lets reads leave no trace of access.", kOnOff),
    kRows.row("client|pause", -3, kAdminFlags, pause, "2.9.50", "Makes commands wait for a time.", kPauseArguments, {},
              kPauseHistory),
    kRows.row("client|reply", 3, kFlags, reply_mode, "3.2.0", "Chooses whether answers are sent.", kReplyArguments),
    kRows.row("client|setinfo", 4, kFlags, set_info, "7.2.0", "Names the client library.", kSetInfoArguments,
              "request_policy:all_nodes response_policy:all_succeeded"),
    kRows.row("client|setname", 3, kFlags, set_name, "2.6.9", "Gives the connection a name.", kNameArgument),
    kRows.row("client|tracking", -3, kFlags, commands::client_tracking, "6.0.0",
              "Chooses whether the connection is told when what it has read changes.", kTrackingArguments),
    kRows.row("client|trackinginfo", 2, kFlags, commands::client_trackinginfo, "6.2.0",
              "Tells how the connection's reads are tracked."),
    kRows.row("client|unblock", -3, kAdminFlags, unblock, "5.0.0", "Ends the wait of a blocked connection.",
              kUnblockArguments),
    kRows.row("client|unpause", 2, kAdminFlags, unpause, "6.2.0", "Ends a pause."),
};

constexpr Command kCommands[] = {
    container("client", kSubcommands, "2.4.0", "connection", "Commands about connections."),
};

}  // namespace

std::span<const Command> client_commands() {
  return kCommands;
}

}  // namespace terrace
