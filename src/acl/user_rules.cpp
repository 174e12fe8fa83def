#include "src/acl/user_rules.h"

#include <algorithm>

#include "src/acl/password.h"
#include "src/text/ignoring_case.h"
#include "src/text/split_arguments.h"

namespace terrace::acl {

void UserRules::reset() {
  *this = UserRules(*commands_, all_channels_by_default_);
  sanitize_ = Sanitize::kYes;
}

// A rule that is one word without a value. False: it is none of these.
bool UserRules::apply_word(std::string_view rule) {
  const auto is = [rule](std::string_view word) { return equals_ignoring_case(rule, word); };
  if (is("on") || is("off")) {
    on_ = is("on");
  } else if (is("nopass")) {
    no_password_ = true;
    hashes_.clear();
  } else if (is("resetpass")) {
    no_password_ = false;
    hashes_.clear();
  } else if (is("sanitize-payload")) {
    sanitize_ = Sanitize::kYes;
  } else if (is("skip-sanitize-payload")) {
    sanitize_ = Sanitize::kSkip;
  } else if (is("clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (is("reset")) {
    reset();
  } else {
    return false;
  }
  return true;
}

Result<void> UserRules::apply(std::string_view rule) {
  if (rule.empty() || apply_word(rule)) return {};
  switch (rule[0]) {
    case '>':
      return add_hash(hash_of(rule.substr(1)));
    case '#':
      return add_hash(std::string(rule.substr(1)));
    case '<':
      return remove_hash(hash_of(rule.substr(1)));
    case '!':
      return remove_hash(rule.substr(1));
    case '(':
      return add_selector(rule);
    default:
      return selectors_.front().apply(rule);
  }
}

namespace {

Error not_a_hash() {
  return {ErrorCode::kInvalid,
          "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"};
}

}  // namespace

Result<void> UserRules::add_hash(std::string hash) {
  if (!is_hash(hash)) return not_a_hash();
  if (std::ranges::find(hashes_, hash) == hashes_.end()) hashes_.push_back(std::move(hash));
  no_password_ = false;
  return {};
}

Result<void> UserRules::remove_hash(std::string_view hash) {
  if (!is_hash(hash)) return not_a_hash();
  if (std::erase(hashes_, hash) > 0) return {};
  return Error{ErrorCode::kInvalid, "The password you are trying to remove from the user does not exist"};
}

Result<void> UserRules::add_selector(std::string_view rule) {
  const Error syntax_error{ErrorCode::kInvalid, "Syntax error"};
  if (rule.size() < 2 || rule.back() != ')') return syntax_error;
  const auto words = split_arguments(rule.substr(1, rule.size() - 2));
  if (!words) return syntax_error;
  Selector selector(*commands_, all_channels_by_default_);
  for (const std::string& word : *words) {
    if (auto applied = selector.apply(word); !applied.ok()) return applied;
  }
  selectors_.push_back(std::move(selector));
  return {};
}

// All hashes are compared: the duration does not tell which of them is right.
bool UserRules::accepts(std::string_view password) const {
  if (!on_) return false;
  if (no_password_) return true;
  const std::string hash = hash_of(password);
  bool right = false;
  for (const std::string& known : hashes_) right |= equal_hashes(known, hash);
  return right;
}

Selector::Verdict UserRules::check(const CommandEntry& command, std::span<const std::string_view> arguments) const {
  static thread_local std::vector<KeyPosition> keys;
  keys.clear();
  find_keys(*command.row, arguments, keys);
  Selector::Verdict closest;
  for (const Selector& selector : selectors_) {
    const Selector::Verdict verdict = selector.check(command, arguments, keys);
    if (verdict.denial == User::Denial::kNone) return verdict;
    if (verdict.denial > closest.denial || (verdict.denial == closest.denial && verdict.argument > closest.argument)) {
      closest = verdict;
    }
  }
  return closest;
}

bool UserRules::may_read_all_keys(const CommandEntry& command, std::span<const std::string_view> arguments) const {
  std::vector<KeyPosition> keys;
  find_keys(*command.row, arguments, keys);
  return std::ranges::any_of(selectors_, [&](const Selector& selector) {
    return selector.check(command, arguments, keys).denial == User::Denial::kNone && selector.reads_all_keys();
  });
}

bool UserRules::allows_channel(std::string_view channel, User::ChannelName kind) const {
  return std::ranges::any_of(selectors_,
                             [&](const Selector& selector) { return selector.allows_channel(channel, kind); });
}

bool UserRules::keeps_channels_of(const UserRules& before) const {
  return std::ranges::all_of(before.selectors_, [this](const Selector& selector) {
    return std::ranges::all_of(selector.channels(), [this](std::string_view pattern) {
      return allows_channel(pattern, User::ChannelName::kPattern);
    });
  });
}

bool UserRules::unrestricted() const {
  return std::ranges::any_of(selectors_, [](const Selector& selector) { return selector.unrestricted(); });
}

std::vector<std::string_view> UserRules::flags() const {
  std::vector<std::string_view> list = {on_ ? "on" : "off"};
  if (no_password_) list.emplace_back("nopass");
  if (sanitize_ != Sanitize::kUnset) {
    list.emplace_back(sanitize_ == Sanitize::kYes ? "sanitize-payload" : "skip-sanitize-payload");
  }
  return list;
}

std::string UserRules::text() const {
  std::string text;
  for (const std::string_view flag : flags()) (text += flag) += ' ';
  for (const std::string& hash : hashes_) ((text += '#') += hash) += ' ';
  text += selectors_.front().text();
  for (const Selector& selector : std::span(selectors_).subspan(1)) ((text += " (") += selector.text()) += ')';
  return text;
}

std::size_t UserRules::memory_bytes() const {
  std::size_t bytes = sizeof *this;
  for (const std::string& hash : hashes_) bytes += sizeof(std::string) + hash.capacity();
  for (const Selector& selector : selectors_) bytes += selector.memory_bytes();
  return bytes;
}

Result<std::vector<std::string>> merge_selectors(std::span<const std::string> words) {
  std::vector<std::string> merged;
  std::string opening;  // of the selector that is open
  for (const std::string& word : words) {
    if (!opening.empty()) {
      (merged.back() += ' ') += word;
    } else {
      merged.push_back(word);
      if (word.starts_with('(')) opening = word;
    }
    if (word.ends_with(')')) opening.clear();
  }
  if (!opening.empty()) return Error{ErrorCode::kInvalid, opening};
  return merged;
}

}  // namespace terrace::acl
