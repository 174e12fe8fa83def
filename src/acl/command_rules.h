// CommandRules: which commands a user may run: the rules "+get", "-@dangerous", "+config|get", "+select|0" in the order
// in which they were given, and the set of commands that they give.
// Ownership: value; borrows the command table. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "src/execution/command_table.h"

namespace terrace::acl {

class CommandRules {
 public:
  explicit CommandRules(const CommandTable& commands) : commands_(&commands) {}

  void allow_all() { reset(true); }
  void allow_none() { reset(false); }
  // A rule that begins with '+' or '-', but "+@all" and "-@all". An error's message is Redis' reason.
  Result<void> apply(std::string_view rule);

  bool allows_all() const { return all_; }
  bool allows(const CommandEntry& command, std::span<const std::string_view> arguments) const;
  // "+@all -get", as in ACL LIST.
  std::string text() const;
  std::size_t memory_bytes() const;

 private:
  void reset(bool all);
  Result<void> apply_category(std::string_view name, bool allow);
  Result<void> allow_part(std::string_view name);
  void set(const CommandEntry& command, bool allow);
  void set_one(const CommandEntry& command, bool allow);
  void note(std::string_view rule, bool allow);
  const CommandEntry* find(std::string_view name) const { return commands_->find_own_full(name); }

  const CommandTable* commands_;
  bool base_ = false;             // of commands that no rule names
  bool all_ = false;              // no command was ever taken away
  std::vector<bool> exceptions_;  // by the command's number: it is not as base_ says
  std::map<std::uint16_t, std::vector<std::string>> first_arguments_;  // that a command may have which is not allowed
  std::vector<std::string> rules_;                                     // behind the base
};

}  // namespace terrace::acl
