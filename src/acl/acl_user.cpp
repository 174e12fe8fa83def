#include "src/acl/acl_user.h"

namespace terrace::acl {
namespace {

AclLog::Reason reason_of(User::Denial denial) {
  if (denial == User::Denial::kKey) return AclLog::Reason::kKey;
  return denial == User::Denial::kChannel ? AclLog::Reason::kChannel : AclLog::Reason::kCommand;
}

}  // namespace

User::Denial AclUser::admit(const Session& session, const CommandEntry& command,
                            std::span<const std::string_view> arguments, Place place) const {
  const Selector::Verdict verdict = rules_.check(command, arguments);
  if (verdict.denial == Denial::kNone) return verdict.denial;
  const std::string_view object = verdict.denial == Denial::kCommand ? command.name() : arguments[verdict.argument];
  log_.add(session, reason_of(verdict.denial), place, object, name());
  return verdict.denial;
}

std::string AclUser::error_text(Denial denial, const CommandEntry& command) const {
  if (denial == Denial::kKey) return "NOPERM No permissions to access a key";
  if (denial == Denial::kChannel) return "NOPERM No permissions to access a channel";
  return "NOPERM User " + name() + " has no permissions to run the '" + std::string(command.name()) + "' command";
}

std::string AclUser::detailed_text(const Selector::Verdict& verdict, const CommandEntry& command,
                                   std::span<const std::string_view> arguments) const {
  const std::string user = "User " + name() + " has no permissions to ";
  if (verdict.denial == Denial::kCommand) return user + "run the '" + std::string(command.name()) + "' command";
  const std::string object(arguments[verdict.argument]);
  return user + "access the '" + object + (verdict.denial == Denial::kKey ? "' key" : "' channel");
}

}  // namespace terrace::acl
