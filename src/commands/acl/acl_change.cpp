// ACL: changes of users. Connections of users that are gone end, and so do subscribers whose user has lost a channel.
#include <algorithm>
#include <utility>

#include "src/acl/acl.h"
#include "src/acl/password.h"
#include "src/commands/acl/acl_handlers.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/pubsub/pubsub.h"
#include "src/server/clients.h"

namespace terrace::commands {
namespace {

constexpr std::string_view kNoFile =
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
    "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store "
    "users in the Redis configuration.";

bool may_hear_all(const Session& session) {
  constexpr std::pair<TopicKind, User::ChannelName> kKinds[] = {
      {TopicKind::kChannel, User::ChannelName::kLiteral},
      {TopicKind::kPattern, User::ChannelName::kPattern},
      {TopicKind::kShardChannel, User::ChannelName::kLiteral}};
  return std::ranges::all_of(kKinds, [&](const auto& kind) {
    return std::ranges::all_of(PubSub::names(session, kind.first), [&](const std::string& name) {
      return session.user->may_use_channel(name, kind.second);
    });
  });
}

// The client that asks gets its reply first.
void end_deprived_sessions(Context& context) {
  const AclParts& parts = context.parts<AclParts>();
  const auto narrowed = parts.acl.take_narrowed();
  for (const auto& [id, connection] : parts.clients.all()) {
    Session& session = connection->session();
    if (session.closing) continue;
    const bool lost_channels = session.subscribed && std::ranges::find(narrowed, session.user) != narrowed.end();
    if (parts.acl.knows(session) && (!lost_channels || may_hear_all(session))) continue;
    if (&session == &context.session) {
      session.close_after_reply = true;
    } else {
      connection->abort();
    }
  }
}

}  // namespace

void acl_deluser(Context& context) {
  acl::Acl& acl = context.parts<AclParts>().acl;
  const auto names = context.arguments.subspan(2);
  std::int64_t deleted = 0;
  for (const std::string_view name : names) {
    if (name == acl::Acl::kDefault) return context.reply.error("ERR The 'default' user cannot be removed");
  }
  for (const std::string_view name : names) deleted += acl.remove(name) ? 1 : 0;
  end_deprived_sessions(context);
  context.reply.integer(deleted);
}

void acl_genpass(Context& context) {
  constexpr std::int64_t kMostBits = 4096;
  std::int64_t bits = 256;
  if (context.arguments.size() > 3) return reply_unknown_subcommand(context, "ACL");
  if (context.arguments.size() == 3) {
    const auto wanted = integer_argument(context, 2);
    if (!wanted) return;
    bits = *wanted;
  }
  if (bits <= 0 || bits > kMostBits) {
    return context.reply.error(
        "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096");
  }
  context.reply.bulk(acl::random_digits(static_cast<std::size_t>(bits + 3) / 4));
}

void acl_load(Context& context) {
  const AclParts& parts = context.parts<AclParts>();
  if (parts.settings.acl_file.empty()) return context.reply.error(kNoFile);
  if (auto loaded = parts.acl.load_file(); !loaded.ok()) {
    return context.reply.error("ERR " + loaded.error().message);
  }
  end_deprived_sessions(context);
  context.reply.ok();
}

void acl_save(Context& context) {
  const AclParts& parts = context.parts<AclParts>();
  if (parts.settings.acl_file.empty()) return context.reply.error(kNoFile);
  if (!parts.acl.save_file().ok()) {
    return context.reply.error(
        "ERR There was an error trying to save the ACLs. Please check the server logs for more information");
  }
  context.reply.ok();
}

void acl_setuser(Context& context) {
  std::vector<std::string> rules;
  for (const std::string_view rule : context.arguments.subspan(3)) rules.emplace_back(rule);
  if (auto set = context.parts<AclParts>().acl.set(context.argument(2), rules); !set.ok()) {
    return context.reply.error(set.error().message);
  }
  end_deprived_sessions(context);
  context.reply.ok();
}

}  // namespace terrace::commands
