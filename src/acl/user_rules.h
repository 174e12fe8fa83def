// UserRules: all that is said of one user: is it on, its passwords, its selectors. Read from and written as the rules of
// ACL SETUSER.
// Ownership: value; borrows the command table. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "src/acl/selector.h"

namespace terrace::acl {

class UserRules {
 public:
  // A user that is off, has no password and may do nothing. `all_channels`: the directive acl-pubsub-default.
  UserRules(const CommandTable& commands, bool all_channels)
      : commands_(&commands), all_channels_by_default_(all_channels), selectors_{Selector(commands, all_channels)} {}

  // The directive may have changed since: for "reset" and new selectors.
  void set_channels_by_default(bool all) { all_channels_by_default_ = all; }
  // An error's message is Redis' reason.
  Result<void> apply(std::string_view rule);

  bool on() const { return on_; }
  bool needs_no_password() const { return no_password_; }
  bool accepts(std::string_view password) const;
  // Of all selectors. The verdict of a denial is that of the selector that allowed most.
  Selector::Verdict check(const CommandEntry& command, std::span<const std::string_view> arguments) const;
  bool may_read_all_keys(const CommandEntry& command, std::span<const std::string_view> arguments) const;
  bool allows_channel(std::string_view channel, User::ChannelName kind) const;
  // Does it allow every pattern of channels that `before` allows?
  bool keeps_channels_of(const UserRules& before) const;
  bool unrestricted() const;

  std::vector<std::string_view> flags() const;
  const std::vector<std::string>& hashes() const { return hashes_; }
  // The root selector is the first.
  const std::vector<Selector>& selectors() const { return selectors_; }
  // As in ACL LIST, behind the name.
  std::string text() const;
  std::size_t memory_bytes() const;

 private:
  enum class Sanitize : std::uint8_t { kUnset, kYes, kSkip };

  bool apply_word(std::string_view rule);
  Result<void> add_hash(std::string hash);
  Result<void> remove_hash(std::string_view hash);
  Result<void> add_selector(std::string_view rule);
  void reset();

  const CommandTable* commands_;
  bool all_channels_by_default_;
  bool on_ = false;
  bool no_password_ = false;
  Sanitize sanitize_ = Sanitize::kUnset;
  std::vector<std::string> hashes_;
  std::vector<Selector> selectors_;
};

// Puts the words of a selector, "(+get" and "~a)", together. An error's message is the word that opens one which is
// never closed.
Result<std::vector<std::string>> merge_selectors(std::span<const std::string> words);

}  // namespace terrace::acl
