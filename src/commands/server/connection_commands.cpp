// The commands about the connection itself: PING, HELLO, AUTH, SELECT and their like.

#include "src/acl/acl.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/rows.h"
#include "src/config/settings.h"
#include "src/execution/context.h"
#include "src/execution/session.h"
#include "src/execution/watched_keys.h"
#include "src/pubsub/messenger.h"
#include "src/runtime/version.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

constexpr std::string_view kWrongPassword = "WRONGPASS invalid username-password pair or user is disabled.";

void ping(Context& context) {
  if (context.arguments.size() > 2) return wrong_argument_count(context);
  if (context.session.subscribed && context.session.protocol == 2) {
    context.reply.array(2);
    context.reply.bulk("pong");
    return context.reply.bulk(context.arguments.size() == 2 ? context.argument(1) : std::string_view());
  }
  if (context.arguments.size() == 2) return context.reply.bulk(context.argument(1));
  context.reply.simple("PONG");
}

void echo(Context& context) {
  context.reply.bulk(context.argument(1));
}

void select(Context& context) {
  auto number = database_argument(context, 1);
  if (!number) return;
  context.session.database = *number;
  context.reply.ok();
}

std::optional<unsigned> selected_database(std::span<const std::string_view> arguments) {
  const auto number = arguments.size() == 2 ? parse_integer(arguments[1]) : std::nullopt;
  if (!number || *number < 0 || *number > INT32_MAX) return std::nullopt;
  return static_cast<unsigned>(*number);
}

void quit(Context& context) {
  context.reply.ok();
  context.session.close_after_reply = true;
}

void reset(Context& context) {
  context.parts<ConnectionParts>().watched_keys.unwatch(context.session);
  context.parts<ConnectionParts>().messenger.forget(context.session);
  context.session.reset();
  context.parts<ConnectionParts>().acl.begin(context.session);
  context.reply.set_protocol(2);
  context.reply.simple("RESET");
}

void auth(Context& context) {
  std::size_t count = context.arguments.size();
  if (count > 3) return context.reply.syntax_error();
  acl::Acl& acl = context.parts<ConnectionParts>().acl;
  if (count == 2 && acl.default_user().rules().needs_no_password()) {
    return context.reply.error(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
        "configuration is correct?");
  }
  const std::string_view user = count == 3 ? context.argument(1) : acl::Acl::kDefault;
  if (!acl.authenticate(context.session, user, context.argument(count - 1), context.argument(0))) {
    return context.reply.error(kWrongPassword);
  }
  context.reply.ok();
}

void describe_server(Context& context) {
  Reply& reply = context.reply;
  reply.map(7);
  reply.bulk("server");
  reply.bulk("redis");
  reply.bulk("version");
  reply.bulk(kRedisVersion);
  reply.bulk("proto");
  reply.integer(context.session.protocol);
  reply.bulk("id");
  reply.integer(static_cast<std::int64_t>(context.session.id));
  reply.bulk("mode");
  reply.bulk("standalone");
  reply.bulk("role");
  reply.bulk(context.parts<ConnectionParts>().settings.replica_of.empty() ? "master" : "replica");
  reply.bulk("modules");
  reply.array(0);
}

// Applies the options of HELLO one after the other: those before a wrong one take effect. False: the error is replied.
bool apply_hello_options(Context& context) {
  std::size_t count = context.arguments.size();
  for (std::size_t i = 2; i < count; ++i) {
    std::string_view option = context.argument(i);
    if (is_option(option, "AUTH") && i + 2 < count) {
      if (!context.parts<ConnectionParts>().acl.authenticate(context.session, context.argument(i + 1),
                                                             context.argument(i + 2), context.argument(0))) {
        context.reply.error(kWrongPassword);
        return false;
      }
      i += 2;
    } else if (is_option(option, "SETNAME") && i + 1 < count) {
      std::string_view name = context.argument(++i);
      if (!valid_client_name(name)) {
        context.reply.error("ERR Client names cannot contain spaces, newlines or special characters.");
        return false;
      }
      context.session.name = name;
    } else {
      context.reply.error("ERR Syntax error in HELLO option '" + shown(option) + "'");
      return false;
    }
  }
  return true;
}

void hello(Context& context) {
  Session& client = context.session;
  int protocol = 0;
  if (context.arguments.size() > 1) {
    auto version = parse_integer(context.argument(1));
    if (!version) return context.reply.error("ERR Protocol version is not an integer or out of range");
    if (*version < 2 || *version > 3) return context.reply.error("NOPROTO unsupported protocol version");
    protocol = static_cast<int>(*version);
  }
  if (!apply_hello_options(context)) return;
  if (client.must_authenticate()) {
    return context.reply.error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> "
        "<pass> option can be used to authenticate the client and select the RESP protocol version at the same time");
  }
  if (protocol != 0) {
    client.protocol = protocol;
    context.reply.set_protocol(protocol);
  }
  describe_server(context);
}

bool follows_auth(std::span<const std::string_view> arguments, std::size_t index) {
  return (index >= 3 && is_option(arguments[index - 1], "AUTH")) ||
         (index >= 4 && is_option(arguments[index - 2], "AUTH"));
}

constexpr Argument kPingArguments[] = {optional(string("message"))};
constexpr Argument kEchoArguments[] = {string("message")};
constexpr Argument kSelectArguments[] = {integer("index")};
constexpr Argument kAuthArguments[] = {since("6.0.0", optional(string("username"))), string("password")};
constexpr Argument kHelloAuth[] = {string("username"), string("password")};
constexpr Argument kHelloOptions[] = {
    integer("protover"),
    option("AUTH", block("username_password", kHelloAuth)),
    option("SETNAME", string("clientname")),
};
constexpr Argument kHelloArguments[] = {optional(block("arguments", kHelloOptions))};

constexpr Change kAuthHistory[] = {{"6.0.0", "User names."}};
constexpr Change kHelloHistory[] = {{"6.2.0", "Without arguments: tells of the connection and changes nothing."}};

constexpr std::uint32_t kSessionFlags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr Command kCommands[] = {
    {.name = "auth",
     .arity = -2,
     .flags = kSessionFlags,
     .categories = kCategoryConnection,
     .keys = {},
     .run = auth,
     .secret = [](std::span<const std::string_view>, std::size_t) { return true; },
     .summary = "Tells the server who is speaking.",
     .since = "1.0.0",
     .group = "connection",
     .complexity = "O(1)",
     .history = kAuthHistory,
     .arguments = kAuthArguments},
    {.name = "echo",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .categories = kCategoryConnection,
     .keys = {},
     .run = echo,
     .summary = "Sends a message back.",
     .since = "1.0.0",
     .group = "connection",
     .complexity = "O(1)",
     .arguments = kEchoArguments},
    {.name = "hello",
     .arity = -1,
     .flags = kSessionFlags,
     .categories = kCategoryConnection,
     .keys = {},
     .run = hello,
     .secret = follows_auth,
     .summary = "Chooses the protocol and introduces both sides.",
     .since = "6.0.0",
     .group = "connection",
     .complexity = "O(1)",
     .history = kHelloHistory,
     .arguments = kHelloArguments},
    {.name = "ping",
     .arity = -1,
     .flags = kFast | kWhileSubscribed,
     .categories = kCategoryConnection,
     .keys = {},
     .run = ping,
     .summary = "Answers, to show that the server is there.",
     .since = "1.0.0",
     .group = "connection",
     .complexity = "O(1)",
     .tips = "request_policy:all_shards response_policy:all_succeeded",
     .arguments = kPingArguments},
    {.name = "quit",
     .arity = -1,
     .flags = kSessionFlags | kAlwaysAtOnce | kWhileSubscribed,
     .categories = kCategoryConnection,
     .keys = {},
     .run = quit,
     .summary = "Ends the connection after the answers under way.",
     .since = "1.0.0",
     .group = "connection",
     .complexity = "O(1)"},
    {.name = "reset",
     .arity = 1,
     .flags = kSessionFlags | kAlwaysAtOnce | kWhileSubscribed,
     .categories = kCategoryConnection,
     .keys = {},
     .run = reset,
     .summary = "Makes the connection what it was when it began.",
     .since = "6.2.0",
     .group = "connection",
     .complexity = "O(1)"},
    {.name = "select",
     .arity = 2,
     .flags = kLoading | kStale | kFast,
     .categories = kCategoryConnection,
     .keys = {},
     .run = select,
     .selects = selected_database,
     .summary = "Chooses the database that the connection's commands work on.",
     .since = "1.0.0",
     .group = "connection",
     .complexity = "O(1)",
     .arguments = kSelectArguments},
};

}  // namespace

std::span<const Command> connection_commands() {
  return kCommands;
}

}  // namespace terrace
