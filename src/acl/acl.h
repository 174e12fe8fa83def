// Acl: all users, by name. Users come from lines `user` of the configuration, or from the file that `aclfile` names, and
// from ACL SETUSER. The user "default" is always there: a new session acts for it.
// Ownership: owned by Server; users are shared with their sessions. Thread: the reactor's.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/result.h"
#include "src/acl/acl_log.h"
#include "src/acl/acl_user.h"
#include "src/config/settings.h"
#include "src/execution/session.h"
#include "src/runtime/logger.h"

namespace terrace::acl {

class Acl {
 public:
  using Users = std::map<std::string, std::shared_ptr<AclUser>, std::less<>>;

  struct Parts {
    const CommandTable& commands;
    const Settings& settings;
    io::Clock& clock;
    ServerStatistics& statistics;
    storage::Ledger& ledger;
    Logger& logger;
    AclLog::DescribeClient describe_client;
  };
  explicit Acl(Parts parts);

  // After the command table is complete. An error ends the start.
  Result<void> load_at_start();

  // --- sessions
  // A session's beginning, and RESET: it acts for the default user, and needs AUTH unless that needs no password.
  void begin(Session& session) const;
  // `command`: AUTH or HELLO, for the log.
  bool authenticate(Session& session, std::string_view user, std::string_view password, std::string_view command);
  // False: the session's user is not there any more. The session must end.
  bool knows(const Session& session) const;

  // --- users
  const Users& users() const { return users_; }
  const AclUser* find(std::string_view name) const;
  const AclUser& default_user() const { return *users_.find(kDefault)->second; }
  // Makes or changes a user. The message of an error is the reply.
  Result<void> set(std::string_view name, std::span<const std::string> rules);
  bool remove(std::string_view name);
  // The users that have lost channels since the last call: their subscribers may have to end.
  std::vector<std::shared_ptr<const User>> take_narrowed() { return std::exchange(narrowed_, {}); }
  // The directive requirepass: the one password of the default user, "" for none.
  void set_default_password(std::string_view password);
  // The lines `user` for CONFIG REWRITE; none if the users stand in a file, or if no more is to say than requirepass.
  std::vector<std::string> lines() const;

  // --- the file of users
  // Takes the users of the file in place of all others, or none of them. Sessions of users that it names stay.
  Result<void> load_file();
  Result<void> save_file() const;

  AclLog& log() { return log_; }
  void settings_changed();

  static constexpr std::string_view kDefault = "default";

 private:
  std::shared_ptr<AclUser> make_user(std::string_view name);
  void change(const std::shared_ptr<AclUser>& user, UserRules rules);
  UserRules empty_rules() const { return {parts_.commands, parts_.settings.pubsub_allowed}; }
  UserRules default_rules() const;
  Result<std::map<std::string, UserRules>> parse_file(const std::string& text) const;
  void charge();

  Parts parts_;
  AclLog log_;
  Users users_;
  std::vector<std::shared_ptr<const User>> narrowed_;
  storage::LedgerCharge charge_;
};

bool is_user_name(std::string_view name);

// Before anything is started: the message of an error is the text for the terminal.
Result<void> check_user_lines(const Settings& settings, const CommandTable& commands);

}  // namespace terrace::acl
