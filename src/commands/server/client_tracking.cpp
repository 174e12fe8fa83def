#include "src/commands/server/client_tracking.h"

#include <optional>
#include <string>
#include <vector>

#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/pubsub/tracking.h"
#include "src/server/clients.h"

namespace terrace::commands {
namespace {

std::nullopt_t refuse(Context& context, const std::string& error) {
  context.reply.error("ERR " + error);
  return std::nullopt;
}

// Reads REDIRECT's number. Nothing: the error is replied.
std::optional<std::uint64_t> redirect_argument(Context& context, std::size_t index) {
  const auto id = integer_argument(context, index);
  if (!id) return std::nullopt;
  if (context.parts<ClientParts>().clients.find(static_cast<std::uint64_t>(*id)) == nullptr) {
    return refuse(context, "The client ID you want redirect to does not exist");
  }
  return static_cast<std::uint64_t>(*id);
}

std::optional<CachingOptions> parse_options(Context& context) {
  CachingOptions options;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    const bool more = i + 1 < context.arguments.size();
    if (more && is_option(argument, "REDIRECT")) {
      if (options.redirect_id != 0) return refuse(context, "A client can only redirect to a single other client");
      const auto id = redirect_argument(context, ++i);
      if (!id) return std::nullopt;
      options.redirect_id = *id;
    } else if (is_option(argument, "BCAST")) {
      options.broadcast = true;
    } else if (is_option(argument, "OPTIN")) {
      options.opt_in = true;
    } else if (is_option(argument, "OPTOUT")) {
      options.opt_out = true;
    } else if (is_option(argument, "NOLOOP")) {
      options.no_loop = true;
    } else if (more && is_option(argument, "PREFIX")) {
      options.prefixes.emplace_back(context.argument(++i));
    } else {
      return context.reply.syntax_error(), std::nullopt;
    }
  }
  return options;
}

bool overlap(std::string_view one, std::string_view other) {
  return one.starts_with(other) || other.starts_with(one);
}

// No key may begin with two prefixes of a client. False: the error is replied.
bool prefixes_fit(Context& context, const CachingOptions& options) {
  const auto told = [&](const std::string& prefix, const std::string& relation, const std::string& other) {
    context.reply.error("ERR Prefix '" + prefix + "' overlaps with " + relation + " prefix '" + other +
                        "'. Prefixes for a single client must not overlap.");
    return false;
  };
  const CachingClient* now = context.session.caching;
  for (std::size_t i = 0; i < options.prefixes.size(); ++i) {
    const std::string& prefix = options.prefixes[i];
    for (std::size_t j = 0; now != nullptr && j < now->options.prefixes.size(); ++j) {
      if (overlap(prefix, now->options.prefixes[j])) return told(prefix, "an existing", now->options.prefixes[j]);
    }
    for (std::size_t j = i + 1; j < options.prefixes.size(); ++j) {
      if (overlap(prefix, options.prefixes[j])) return told(prefix, "another provided", options.prefixes[j]);
    }
  }
  return true;
}

// May these options take the place of those that the client has? False: the error is replied.
bool options_fit(Context& context, const CachingOptions& options) {
  const auto refused = [&](const std::string& error) { return refuse(context, error), false; };
  const CachingClient* now = context.session.caching;
  if (!options.broadcast && !options.prefixes.empty())
    return refused("PREFIX option requires BCAST mode to be enabled");
  if (now != nullptr && now->options.broadcast != options.broadcast) {
    return refused(
        "You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a "
        "different mode.");
  }
  if (options.broadcast && (options.opt_in || options.opt_out)) {
    return refused("OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (options.opt_in && options.opt_out) return refused("You can't specify both OPTIN mode and OPTOUT mode");
  if (now != nullptr && ((options.opt_in && now->options.opt_out) || (options.opt_out && now->options.opt_in))) {
    return refused(
        "You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a "
        "different mode.");
  }
  return prefixes_fit(context, options);
}

}  // namespace

void client_tracking(Context& context) {
  Tracking& tracking = context.parts<ClientParts>().tracking;
  auto options = parse_options(context);
  if (!options) return;
  if (is_option(context.argument(2), "ON")) {
    if (!options_fit(context, *options)) return;
    Connection* other =
        options->redirect_id == 0 ? nullptr : context.parts<ClientParts>().clients.find(options->redirect_id);
    Session& target = other == nullptr ? context.session : other->session();
    tracking.begin(context.session, std::move(*options), target);
  } else if (is_option(context.argument(2), "OFF")) {
    tracking.end(context.session);
  } else {
    return context.reply.syntax_error();
  }
  context.reply.ok();
}

void client_caching(Context& context) {
  CachingClient* client = context.session.caching;
  if (client == nullptr) {
    refuse(context,
           "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
    return;
  }
  if (is_option(context.argument(2), "YES")) {
    if (!client->options.opt_in) {
      refuse(context, "CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
      return;
    }
  } else if (is_option(context.argument(2), "NO")) {
    if (!client->options.opt_out) {
      refuse(context, "CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
      return;
    }
  } else {
    return context.reply.syntax_error();
  }
  client->asked = true;
  context.reply.ok();
}

void client_getredir(Context& context) {
  const CachingClient* client = context.session.caching;
  context.reply.integer(client == nullptr ? -1 : static_cast<std::int64_t>(client->options.redirect_id));
}

void client_trackinginfo(Context& context) {
  const CachingClient* client = context.session.caching;
  const CachingOptions options = client == nullptr ? CachingOptions{} : client->options;
  std::vector<std::string_view> flags = {client == nullptr ? "off" : "on"};
  if (options.broadcast) flags.emplace_back("bcast");
  if (options.opt_in) flags.emplace_back("optin");
  if (options.opt_in && client->asked) flags.emplace_back("caching-yes");
  if (options.opt_out) flags.emplace_back("optout");
  if (options.opt_out && client->asked) flags.emplace_back("caching-no");
  if (options.no_loop) flags.emplace_back("noloop");
  if (client != nullptr && client->redirect_broken) flags.emplace_back("broken_redirect");
  Reply& reply = context.reply;
  reply.map(3);
  reply.bulk("flags");
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("redirect");
  client_getredir(context);
  reply.bulk("prefixes");
  reply.array(options.prefixes.size());
  for (const std::string& prefix : options.prefixes) reply.bulk(prefix);
}

}  // namespace terrace::commands
