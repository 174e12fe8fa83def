// ACL: what users, rules and commands are, and what was denied.
#include <algorithm>

#include "src/acl/acl.h"
#include "src/acl/category.h"
#include "src/commands/acl/acl_handlers.h"
#include "src/commands/families.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"

namespace terrace::commands {

using acl::AclLog;
using acl::AclUser;
using acl::Selector;

void acl_cat(Context& context) {
  if (context.arguments.size() > 3) return reply_unknown_subcommand(context, "ACL");
  std::vector<std::string_view> names;
  if (context.arguments.size() == 2) {
    const auto all = acl::category_names();
    names.assign(all.begin(), all.end());
  } else {
    const std::string_view category = context.argument(2);
    if (!acl::is_category(category)) return context.reply.error("ERR Unknown category '" + shown(category) + "'");
    for (const auto& command : context.parts<AclParts>().commands.entries()) {
      if (acl::in_category(*command->row, category)) names.push_back(command->name());
      for (const auto& subcommand : command->subcommands) {
        if (acl::in_category(*subcommand->row, category)) names.push_back(subcommand->name());
      }
    }
  }
  context.reply.array(names.size());
  for (const std::string_view name : names) context.reply.bulk(name);
}

void acl_dryrun(Context& context) {
  const std::string_view name = context.argument(2);
  const AclUser* const user = context.parts<AclParts>().acl.find(name);
  if (user == nullptr) return context.reply.error("ERR User '" + shown(name) + "' not found");
  const auto arguments = context.arguments.subspan(3);
  const CommandEntry* const command = context.parts<AclParts>().commands.find(arguments);
  if (command == nullptr || (!command->subcommands.empty() && arguments.size() > 1)) {
    return context.reply.error("ERR Command '" + shown(arguments[0]) + "' not found");
  }
  const int count = static_cast<int>(arguments.size());
  const int arity = command->row->arity;
  if (arity > 0 ? count != arity : count < -arity) {
    return context.reply.error("ERR wrong number of arguments for '" + std::string(command->name()) + "' command");
  }
  const Selector::Verdict verdict = user->rules().check(*command, arguments);
  if (verdict.denial == User::Denial::kNone) return context.reply.ok();
  context.reply.bulk(user->detailed_text(verdict, *command, arguments));
}

namespace {

// Three pairs of a map.
void reply_selector(Reply& reply, const Selector& selector) {
  reply.bulk("commands");
  reply.bulk(selector.commands_text());
  reply.bulk("keys");
  reply.bulk(selector.keys_text());
  reply.bulk("channels");
  reply.bulk(selector.channels_text());
}

}  // namespace

void acl_getuser(Context& context) {
  const AclUser* const user = context.parts<AclParts>().acl.find(context.argument(2));
  if (user == nullptr) return context.reply.null();
  const acl::UserRules& rules = user->rules();
  Reply& reply = context.reply;
  reply.map(6);
  reply.bulk("flags");
  const auto flags = rules.flags();
  reply.set(flags.size());
  for (const std::string_view flag : flags) reply.bulk(flag);
  reply.bulk("passwords");
  reply.array(rules.hashes().size());
  for (const std::string& hash : rules.hashes()) reply.bulk(hash);
  reply_selector(reply, rules.selectors().front());
  reply.bulk("selectors");
  const auto others = std::span(rules.selectors()).subspan(1);
  reply.array(others.size());
  for (const Selector& selector : others) {
    reply.map(3);
    reply_selector(reply, selector);
  }
}

void acl_list(Context& context) {
  const auto& users = context.parts<AclParts>().acl.users();
  context.reply.array(users.size());
  for (const auto& [name, user] : users) context.reply.bulk("user " + name + " " + user->rules().text());
}

void acl_users(Context& context) {
  const auto& users = context.parts<AclParts>().acl.users();
  context.reply.array(users.size());
  for (const auto& [name, user] : users) context.reply.bulk(name);
}

void acl_whoami(Context& context) {
  context.reply.bulk(context.session.user->name());
}

namespace {

std::string_view name_of(AclLog::Reason reason) {
  switch (reason) {
    case AclLog::Reason::kAuthentication:
      return "auth";
    case AclLog::Reason::kCommand:
      return "command";
    case AclLog::Reason::kKey:
      return "key";
    case AclLog::Reason::kChannel:
      return "channel";
  }
  return {};
}

std::string_view name_of(User::Place place) {
  if (place == User::Place::kMulti) return "multi";
  return place == User::Place::kScript ? "lua" : "toplevel";
}

void reply_entry(Reply& reply, const AclLog::Entry& entry, std::int64_t now_ms) {
  reply.map(10);
  reply.bulk("count");
  reply.integer(static_cast<std::int64_t>(entry.count));
  reply.bulk("reason");
  reply.bulk(name_of(entry.reason));
  reply.bulk("context");
  reply.bulk(name_of(entry.place));
  reply.bulk("object");
  reply.bulk(entry.object);
  reply.bulk("username");
  reply.bulk(entry.user);
  reply.bulk("age-seconds");
  reply.real(static_cast<double>(now_ms - entry.updated_ms) / 1000);
  reply.bulk("client-info");
  reply.bulk(entry.client);
  reply.bulk("entry-id");
  reply.integer(static_cast<std::int64_t>(entry.id));
  reply.bulk("timestamp-created");
  reply.integer(entry.created_ms);
  reply.bulk("timestamp-last-updated");
  reply.integer(entry.updated_ms);
}

}  // namespace

void acl_log(Context& context) {
  AclLog& log = context.parts<AclParts>().acl.log();
  if (context.arguments.size() > 3) return reply_unknown_subcommand(context, "ACL");
  std::size_t most = 10;
  if (context.arguments.size() == 3) {
    if (is_option(context.argument(2), "RESET")) {
      log.clear();
      return context.reply.ok();
    }
    const auto count = integer_argument(context, 2);
    if (!count) return;
    most = static_cast<std::size_t>(std::max<std::int64_t>(*count, 0));
  }
  const auto& entries = log.entries();
  const std::size_t count = std::min(most, entries.size());
  context.reply.array(count);
  for (std::size_t i = 0; i < count; ++i) reply_entry(context.reply, entries[i], context.now_ms);
}

void acl_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "CAT [<category>]",
      "    The categories, or the commands of one.",
      "DELUSER <username> [<username> ...]",
      "    Deletes users and ends their connections.",
      "DRYRUN <username> <command> [<arg> ...]",
      "    May the user run this command? It is not run.",
      "GENPASS [<bits>]",
      "    A password that nobody can guess, of 256 bits or as many as are asked for.",
      "GETUSER <username>",
      "    The rules of a user.",
      "LIST",
      "    All users as lines of a configuration file.",
      "LOAD",
      "    Takes the users of the ACL file in place of those that are now.",
      "LOG [<count>|RESET]",
      "    What was denied of late.",
      "SAVE",
      "    Writes the users to the ACL file.",
      "SETUSER <username> <attribute> [<attribute> ...]",
      "    Makes or changes a user.",
      "USERS",
      "    The names of all users.",
      "WHOAMI",
      "    The user that this connection acts for.",
  };
  reply_help(context, "ACL", kLines);
}

}  // namespace terrace::commands
