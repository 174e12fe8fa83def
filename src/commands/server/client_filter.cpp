#include "src/commands/server/client_filter.h"

#include <algorithm>

#include "src/acl/acl.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/server/client_line.h"
#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {
namespace {

// The class of a type of clients (Session::output_class). There are no replicas, and there is no master.
std::optional<std::size_t> class_of_type(std::string_view type) {
  constexpr std::size_t kNormal = 0, kReplica = 1, kPubsub = 2;
  if (is_option(type, "NORMAL")) return kNormal;
  if (is_option(type, "PUBSUB")) return kPubsub;
  for (std::string_view other : {"MASTER", "PRIMARY", "SLAVE", "REPLICA"}) {
    if (is_option(type, other)) return kReplica;
  }
  return std::nullopt;
}

// "127.0.0.1" of "127.0.0.1:50000".
std::string_view ip_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

constexpr std::string_view kNot = "NOT-";

bool is_negated(std::string_view option) {
  return option.size() > kNot.size() && equals_ignoring_case(option.substr(0, kNot.size()), kNot);
}

bool is_filter(std::string_view option) {
  if (is_negated(option)) option.remove_prefix(kNot.size());
  constexpr std::string_view kFilters[] = {"ID",       "TYPE",    "USER",  "ADDR", "LADDR",  "IP",   "NAME",
                                           "LIB-NAME", "LIB-VER", "FLAGS", "DB",   "MAXAGE", "IDLE", "SKIPME"};
  return std::ranges::any_of(kFilters, [&](std::string_view word) { return is_option(option, word); });
}

}  // namespace

void ClientFilter::add(Condition condition, bool negated) {
  if (!negated) return conditions_.push_back(std::move(condition));
  conditions_.emplace_back([condition = std::move(condition)](const Session& session, std::int64_t now_ms) {
    return !condition(session, now_ms);
  });
}

// One number or several.
bool ClientFilter::parse_ids(Context& context, std::size_t& index, bool negated) {
  std::vector<std::uint64_t> ids;
  while (index + 1 < context.arguments.size()) {
    const auto number = parse_integer(context.argument(index + 1));
    if (!number && !ids.empty() && is_filter(context.argument(index + 1))) break;
    if (!number || *number < lowest_id_) {
      context.reply.error(bad_id_);
      return false;
    }
    ids.push_back(static_cast<std::uint64_t>(*number));
    ++index;
  }
  add([ids](const Session& session, std::int64_t) { return std::ranges::find(ids, session.id) != ids.end(); }, negated);
  return true;
}

bool ClientFilter::parse_seconds(Context& context, std::string_view value, std::string_view name,
                                 std::int64_t& seconds) const {
  const auto number = parse_integer(value);
  if (number && *number > 0) {
    seconds = *number;
    return true;
  }
  context.reply.error("ERR " + std::string(name) +
                      (number ? " should be greater than 0" : " is not an integer or out of range"));
  return false;
}

// Nothing: the error is replied.
std::optional<ClientFilter::Condition> ClientFilter::condition_of(Context& context, std::string_view option,
                                                                  std::string_view value) const {
  const auto is = [option](std::string_view word) { return is_option(option, word); };
  std::int64_t seconds = 0;
  if (is("TYPE")) {
    const auto wanted = class_of_type(value);
    if (wanted)
      return [wanted = *wanted](const Session& session, std::int64_t) { return session.output_class() == wanted; };
    context.reply.error("ERR Unknown client type '" + shown(value) + "'");
  } else if (is("USER")) {
    if (context.parts<ClientParts>().acl.find(value) != nullptr) {
      return [value](const Session& session, std::int64_t) { return session.user->name() == value; };
    }
    context.reply.error("ERR No such user '" + shown(value) + "'");
  } else if (is("ADDR")) {
    return [value](const Session& session, std::int64_t) { return session.address == value; };
  } else if (is("LADDR")) {
    return [value](const Session& session, std::int64_t) { return session.local_address == value; };
  } else if (is("IP")) {
    return [value](const Session& session, std::int64_t) { return ip_of(session.address) == value; };
  } else if (is("NAME")) {
    return [value](const Session& session, std::int64_t) { return session.name == value; };
  } else if (is("LIB-NAME")) {
    return [value](const Session& session, std::int64_t) { return session.library_name == value; };
  } else if (is("LIB-VER")) {
    return [value](const Session& session, std::int64_t) { return session.library_version == value; };
  } else if (is("FLAGS")) {
    return [value](const Session& session, std::int64_t) {
      const std::string flags = client_flags(session);
      return std::ranges::all_of(value, [&](char flag) { return flags.find(flag) != flags.npos; });
    };
  } else if (is("DB")) {
    const auto number = parse_integer(value);
    if (number && *number >= 0) {
      return [number = *number](const Session& session, std::int64_t) { return session.database == number; };
    }
    context.reply.error("ERR Invalid database number");
  } else if (is("MAXAGE")) {
    if (!parse_seconds(context, value, "maxage", seconds)) return std::nullopt;
    return [seconds](const Session& session, std::int64_t now_ms) {
      return (now_ms - session.created_ms) / 1000 >= seconds;
    };
  } else if (is("IDLE")) {
    if (!parse_seconds(context, value, "idle", seconds)) return std::nullopt;
    return [seconds](const Session& session, std::int64_t now_ms) {
      return (now_ms - session.last_interaction_ms) / 1000 >= seconds;
    };
  } else {
    context.reply.syntax_error();
  }
  return std::nullopt;
}

bool ClientFilter::parse(Context& context, std::size_t begin) {
  for (std::size_t i = begin; i < context.arguments.size(); ++i) {
    std::string_view option = context.argument(i);
    const bool negated = is_negated(option);
    if (negated) option.remove_prefix(kNot.size());
    if (i + 1 == context.arguments.size()) {
      context.reply.syntax_error();
      return false;
    }
    if (is_option(option, "ID")) {
      if (!parse_ids(context, i, negated)) return false;
      continue;
    }
    const std::string_view value = context.argument(++i);
    if (is_option(option, "SKIPME") && !negated && (is_option(value, "YES") || is_option(value, "NO"))) {
      skip_me_ = is_option(value, "YES");
      continue;
    }
    auto condition = condition_of(context, option, value);
    if (!condition) return false;
    add(std::move(*condition), negated);
  }
  return true;
}

bool ClientFilter::matches(const Session& session, const Session& me, std::int64_t now_ms) const {
  if (session.closing || (skip_me_ && &session == &me)) return false;
  return std::ranges::all_of(conditions_, [&](const Condition& holds) { return holds(session, now_ms); });
}

}  // namespace terrace
