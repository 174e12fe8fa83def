// AclUser: a user of the list, as sessions hold it. ACL SETUSER changes its rules in place: sessions that act for it
// follow. What is denied is recorded.
// Ownership: shared by Acl and sessions; borrows Acl's log. Thread: the reactor's.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "src/acl/acl_log.h"
#include "src/acl/user_rules.h"
#include "src/execution/user.h"

namespace terrace::acl {

class AclUser final : public User {
 public:
  AclUser(std::string name, UserRules rules, AclLog& log) : User(std::move(name)), rules_(std::move(rules)), log_(log) {
    note_rules();
  }

  const UserRules& rules() const { return rules_; }
  void set_rules(UserRules rules) {
    rules_ = std::move(rules);
    note_rules();
  }

  Denial admit(const Session& session, const CommandEntry& command, std::span<const std::string_view> arguments,
               Place place) const override;
  bool may_run(const CommandEntry& command, std::span<const std::string_view> arguments) const override {
    return unrestricted() || rules_.check(command, arguments).denial == Denial::kNone;
  }
  std::string error_text(Denial denial, const CommandEntry& command) const override;
  bool may_read_all_keys(const CommandEntry& command, std::span<const std::string_view> arguments) const override {
    return unrestricted() || rules_.may_read_all_keys(command, arguments);
  }
  bool may_use_channel(std::string_view channel, ChannelName kind) const override {
    return rules_.allows_channel(channel, kind);
  }
  // The error with the name of the key or channel, for ACL DRYRUN.
  std::string detailed_text(const Selector::Verdict& verdict, const CommandEntry& command,
                            std::span<const std::string_view> arguments) const;

 private:
  void note_rules() {
    unrestricted_ = rules_.unrestricted();
    open_ = rules_.on() && rules_.needs_no_password();
  }

  UserRules rules_;
  AclLog& log_;
};

}  // namespace terrace::acl
