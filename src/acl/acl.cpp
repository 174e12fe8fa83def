#include "src/acl/acl.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "src/config/replace_file.h"
#include "src/text/split_arguments.h"

namespace terrace::acl {
namespace {

// All rules, or the first error, whose message is Redis' reason. `bad_rule`: the rule that is wrong.
Result<void> apply_all(UserRules& user, std::span<const std::string> rules, std::string& bad_rule) {
  for (const std::string& rule : rules) {
    if (auto applied = user.apply(rule); !applied.ok()) {
      bad_rule = rule;
      return applied;
    }
  }
  return {};
}

// The rules of a line `user` in the configuration.
Result<void> apply_line(UserRules& user, const UserLine& line) {
  const std::string beginning = line.place + "Error in user declaration '" + line.name + "': ";
  if (!is_user_name(line.name)) return Error{ErrorCode::kInvalid, line.place + "Spaces not allowed in ACL usernames"};
  auto rules = merge_selectors(line.rules);
  if (!rules.ok()) {
    return Error{ErrorCode::kInvalid,
                 beginning + "Unmatched parenthesis in acl selector starting at '" + rules.error().message + "'."};
  }
  std::string bad_rule;
  auto applied = apply_all(user, *rules, bad_rule);
  if (!applied.ok()) return Error{ErrorCode::kInvalid, beginning + applied.error().message};
  return {};
}

}  // namespace

bool is_user_name(std::string_view name) {
  return std::ranges::none_of(name, [](unsigned char c) { return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r'); });
}

Result<void> check_user_lines(const Settings& settings, const CommandTable& commands) {
  for (const UserLine& line : settings.users) {
    UserRules rules(commands, settings.pubsub_allowed);
    if (auto applied = apply_line(rules, line); !applied.ok()) return applied;
  }
  if (settings.users.empty() || settings.acl_file.empty()) return {};
  return Error{
      ErrorCode::kInvalid,
      "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is invalid. "
      "This setup is very likely to lead to configuration errors and security holes, please define either an "
      "ACL file or declare users directly in your redis.conf, but not both."};
}

Acl::Acl(Parts parts)
    : parts_(std::move(parts)),
      log_(parts_.clock, parts_.statistics, parts_.ledger, parts_.describe_client),
      charge_(parts_.ledger, storage::Account::kAcl) {
  make_user(kDefault)->set_rules(default_rules());
  set_default_password(parts_.settings.password);
  settings_changed();
}

UserRules Acl::default_rules() const {
  UserRules rules = empty_rules();
  for (const char* rule : {"on", "nopass", "~*", "&*", "+@all"}) static_cast<void>(rules.apply(rule).ok());
  return rules;
}

std::shared_ptr<AclUser> Acl::make_user(std::string_view name) {
  const auto found = users_.find(name);
  if (found != users_.end()) return found->second;
  auto user = std::make_shared<AclUser>(std::string(name), empty_rules(), log_);
  return users_.emplace(std::string(name), std::move(user)).first->second;
}

Result<void> Acl::load_at_start() {
  if (!parts_.settings.acl_file.empty()) {
    Result<void> loaded = load_file();
    if (loaded.ok()) return loaded;
    return Error{loaded.error().code, "Aborting Redis startup because of ACL errors: " + loaded.error().message};
  }
  for (const UserLine& line : parts_.settings.users) {
    UserRules rules = empty_rules();
    if (line.name == kDefault) static_cast<void>(rules.apply("reset").ok());
    if (auto applied = apply_line(rules, line); !applied.ok()) return applied;
    if (!rules.on()) {
      parts_.logger.notice("The user '" + line.name +
                           "' is disabled (there is no 'on' modifier in the user description). Make sure this is not a "
                           "configuration error.");
    }
    make_user(line.name)->set_rules(std::move(rules));
  }
  charge();
  return {};
}

// --- sessions

void Acl::begin(Session& session) const {
  session.user = users_.find(kDefault)->second;
  session.authenticated = session.user->open();
}

bool Acl::authenticate(Session& session, std::string_view user, std::string_view password, std::string_view command) {
  const auto found = users_.find(user);
  if (found != users_.end() && found->second->rules().accepts(password)) {
    session.user = found->second;
    session.authenticated = true;
    return true;
  }
  const User::Place place = session.transaction.open() ? User::Place::kMulti : User::Place::kTopLevel;
  log_.add(session, AclLog::Reason::kAuthentication, place, command, user);
  return false;
}

bool Acl::knows(const Session& session) const {
  return find(session.user->name()) == session.user.get();
}

// --- users

const AclUser* Acl::find(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : found->second.get();
}

Result<void> Acl::set(std::string_view name, std::span<const std::string> rules) {
  if (!is_user_name(name)) return Error{ErrorCode::kInvalid, "ERR Usernames can't contain spaces or null characters"};
  auto merged = merge_selectors(rules);
  if (!merged.ok()) {
    return Error{ErrorCode::kInvalid,
                 "ERR Unmatched parenthesis in acl selector starting at '" + merged.error().message + "'."};
  }
  const AclUser* const user = find(name);
  UserRules changed = user ? user->rules() : empty_rules();
  changed.set_channels_by_default(parts_.settings.pubsub_allowed);
  std::string bad_rule;
  if (auto applied = apply_all(changed, *merged, bad_rule); !applied.ok()) {
    return Error{ErrorCode::kInvalid,
                 "ERR Error in ACL SETUSER modifier '" + bad_rule + "': " + applied.error().message};
  }
  make_user(name)->set_rules(std::move(changed));
  charge();
  return {};
}

bool Acl::remove(std::string_view name) {
  const auto found = users_.find(name);
  if (found == users_.end()) return false;
  users_.erase(found);
  charge();
  return true;
}

void Acl::set_default_password(std::string_view password) {
  AclUser& user = *users_.find(kDefault)->second;
  UserRules rules = user.rules();
  static_cast<void>(rules.apply("resetpass").ok());
  static_cast<void>(rules.apply(password.empty() ? "nopass" : ">" + std::string(password)).ok());
  user.set_rules(std::move(rules));
  charge();
}

void Acl::settings_changed() {
  log_.set_most(static_cast<std::size_t>(parts_.settings.acl_log_max_entries));
}

void Acl::charge() {
  std::size_t bytes = 0;
  for (const auto& [name, user] : users_) bytes += sizeof(AclUser) + name.size() * 2 + user->rules().memory_bytes();
  charge_.resize(bytes);
}

namespace {

std::string line_of(const AclUser& user) {
  return "user " + user.name() + " " + user.rules().text();
}

}  // namespace

std::vector<std::string> Acl::lines() const {
  std::vector<std::string> lines;
  if (!parts_.settings.acl_file.empty()) return lines;
  UserRules plain = default_rules();
  if (!parts_.settings.password.empty()) static_cast<void>(plain.apply(">" + parts_.settings.password).ok());
  if (users_.size() == 1 && default_user().rules().text() == plain.text()) return lines;
  for (const auto& [name, user] : users_) lines.push_back(line_of(*user));
  return lines;
}

// --- the file of users

Result<std::map<std::string, UserRules>> Acl::parse_file(const std::string& text) const {
  const std::string& path = parts_.settings.acl_file;
  std::map<std::string, UserRules> users;
  std::string errors;
  std::istringstream stream(text);
  unsigned number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const std::string place = path + ":" + std::to_string(number);
    const auto words = split_arguments(line);
    if (words && words->empty()) continue;
    if (!words) {
      errors += place + ": unbalanced quotes in acl line. ";
    } else if (words->front() != "user" || words->size() < 2) {
      errors += place + " should start with user keyword followed by the username. ";
    } else if (const std::string& name = (*words)[1]; !is_user_name(name)) {
      errors.append("'").append(place).append(": username '").append(name).append("' contains invalid characters. ");
    } else if (users.contains(name)) {
      errors += "WARNING: Duplicate user '" + name + "' found on line " + std::to_string(number) + ". ";
    } else if (auto rules = merge_selectors(std::span(*words).subspan(2)); !rules.ok()) {
      errors += place + ": Unmatched parenthesis in selector definition.";
    } else {
      UserRules user = empty_rules();
      std::string bad_rule;
      if (auto applied = apply_all(user, *rules, bad_rule); !applied.ok()) {
        errors.append(place).append(": Error in applying operation '").append(bad_rule).append("': ");
        errors.append(applied.error().message).append(". ");
      }
      users.emplace(name, std::move(user));
    }
  }
  if (errors.empty()) return users;
  return Error{ErrorCode::kInvalid,
               errors + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed"};
}

Result<void> Acl::load_file() {
  const std::string& path = parts_.settings.acl_file;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Error{ErrorCode::kIo, "Error loading ACLs, opening file '" + path + "': " + std::strerror(errno)};
  }
  std::ostringstream text;
  text << file.rdbuf();
  auto parsed = parse_file(text.str());
  if (!parsed.ok()) return parsed.error();
  if (!parsed->contains(std::string(kDefault))) parsed->emplace(kDefault, default_rules());
  Users before = std::exchange(users_, {});
  for (auto& [name, rules] : *parsed) {
    const auto old = before.find(name);
    if (old != before.end() && (name == kDefault || old->second->rules().text() == rules.text())) {
      old->second->set_rules(std::move(rules));
      users_.insert(*old);
    } else {
      make_user(name)->set_rules(std::move(rules));
    }
  }
  charge();
  return {};
}

Result<void> Acl::save_file() const {
  std::string text;
  for (const auto& [name, user] : users_) text += line_of(*user) + '\n';
  Result<void> saved = replace_file(parts_.settings.acl_file, text);
  if (!saved.ok()) parts_.logger.warning("Writing ACL file for ACL SAVE: " + saved.error().message);
  return saved;
}

}  // namespace terrace::acl
