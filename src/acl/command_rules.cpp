#include "src/acl/command_rules.h"

#include <algorithm>
#include <cctype>

#include "src/acl/category.h"
#include "src/text/ignoring_case.h"

namespace terrace::acl {
namespace {

Error unknown() {
  return {ErrorCode::kInvalid, "Unknown command or category name in ACL"};
}

std::string lower(std::string_view text) {
  std::string small(text);
  std::ranges::transform(small, small.begin(), [](unsigned char c) { return std::tolower(c); });
  return small;
}

// Does the later rule for `name` say all that the rule says: is it for the same, or for a part of it?
bool covers(std::string_view name, std::string_view rule) {
  const std::string_view ruled = rule.substr(1);
  return ruled.starts_with(name) && (ruled.size() == name.size() || ruled[name.size()] == '|');
}

}  // namespace

void CommandRules::reset(bool all) {
  base_ = all_ = all;
  exceptions_.clear();
  first_arguments_.clear();
  rules_.clear();
}

Result<void> CommandRules::apply(std::string_view rule) {
  const bool allow = rule[0] == '+';
  const std::string_view name = rule.substr(1);
  if (name.starts_with('@')) return apply_category(name, allow);
  if (allow && name.find('|') != name.npos) return allow_part(name);
  const CommandEntry* const command = find(name);
  if (command == nullptr) return unknown();
  set(*command, allow);
  note(command->name(), allow);
  return {};
}

Result<void> CommandRules::apply_category(std::string_view name, bool allow) {
  const std::string_view category = name.substr(1);
  if (!is_category(category)) return unknown();
  note(name, allow);
  for (const auto& command : commands_->entries()) {
    if (in_category(*command->row, category)) set(*command, allow);
    for (const auto& subcommand : command->subcommands) {
      if (in_category(*subcommand->row, category)) set_one(*subcommand, allow);
    }
  }
  return {};
}

// A subcommand, or a first argument of a command without subcommands.
Result<void> CommandRules::allow_part(std::string_view name) {
  const std::size_t bar = name.rfind('|');
  const CommandEntry* const command = find(name.substr(0, bar));
  const std::string_view part = name.substr(bar + 1);
  if (command == nullptr) return unknown();
  if (command->container != nullptr) {
    return Error{ErrorCode::kInvalid, "Allowing first-arg of a subcommand is not supported"};
  }
  if (part.empty()) return Error{ErrorCode::kInvalid, "Syntax error"};
  if (!command->subcommands.empty()) {
    const CommandEntry* const subcommand = find(name);
    if (subcommand == nullptr) return unknown();
    set_one(*subcommand, true);
  } else {
    std::vector<std::string>& allowed = first_arguments_[command->number];
    const auto same = [part](const std::string& each) { return equals_ignoring_case(each, part); };
    if (std::ranges::none_of(allowed, same)) allowed.emplace_back(part);
  }
  note(name, true);
  return {};
}

void CommandRules::set(const CommandEntry& command, bool allow) {
  set_one(command, allow);
  for (const auto& subcommand : command.subcommands) set_one(*subcommand, allow);
}

void CommandRules::set_one(const CommandEntry& command, bool allow) {
  const std::size_t number = command.number;
  if (number >= exceptions_.size()) exceptions_.resize(number + 1);
  exceptions_[number] = allow != base_;
  first_arguments_.erase(command.number);
  if (!allow) all_ = false;
}

// Rules that the new one makes meaningless are dropped, so that the text does not grow with each change.
void CommandRules::note(std::string_view rule, bool allow) {
  const std::string name = lower(rule);
  std::erase_if(rules_, [&](const std::string& earlier) { return covers(name, earlier); });
  rules_.push_back((allow ? "+" : "-") + name);
}

bool CommandRules::allows(const CommandEntry& command, std::span<const std::string_view> arguments) const {
  if (all_) return true;
  const bool exception = command.number < exceptions_.size() && exceptions_[command.number];
  if (exception != base_) return true;
  const auto firsts = first_arguments_.find(command.number);
  if (firsts == first_arguments_.end() || arguments.size() < 2) return false;
  return std::ranges::any_of(firsts->second,
                             [&](const std::string& first) { return equals_ignoring_case(first, arguments[1]); });
}

std::string CommandRules::text() const {
  std::string all = base_ ? "+@all" : "-@all";
  for (const std::string& rule : rules_) (all += ' ') += rule;
  return all;
}

std::size_t CommandRules::memory_bytes() const {
  std::size_t bytes = exceptions_.capacity() / 8 + rules_.capacity() * sizeof(std::string);
  for (const std::string& rule : rules_) bytes += rule.capacity();
  for (const auto& [number, firsts] : first_arguments_) {
    for (const std::string& first : firsts) bytes += sizeof(std::string) + first.capacity();
  }
  return bytes;
}

}  // namespace terrace::acl
