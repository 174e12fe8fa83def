// Selector: what one set of rules allows: commands, keys and channels together. A user has a root selector, and further
// ones that are written in parentheses; a command runs if one of them allows all that it does.
// Ownership: value; borrows the command table. Thread: the reactor's.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/result.h"
#include "src/acl/command_rules.h"
#include "src/execution/call.h"
#include "src/execution/user.h"
#include "src/text/pattern.h"

namespace terrace::acl {

// What a command does with a key, or what a pattern allows.
struct KeyAccess {
  bool reads = false;
  bool writes = false;

  bool covers(KeyAccess other) const { return (reads || !other.reads) && (writes || !other.writes); }
};

class Selector {
 public:
  // `all_channels`: as the directive acl-pubsub-default says.
  Selector(const CommandTable& commands, bool all_channels) : commands_(commands), all_channels_(all_channels) {}

  // A rule about commands, keys or channels. An error's message is Redis' reason.
  Result<void> apply(std::string_view rule);

  // Why a command is denied, and the index of the argument that is.
  struct Verdict {
    User::Denial denial = User::Denial::kNone;
    std::size_t argument = 0;
  };
  // `keys`: those that find_keys() finds among the arguments.
  Verdict check(const CommandEntry& command, std::span<const std::string_view> arguments,
                std::span<const KeyPosition> keys) const;
  bool allows_channel(std::string_view channel, User::ChannelName kind) const;
  // The patterns of channels, as they are written; "*" for all channels.
  std::vector<std::string_view> channels() const;
  bool reads_all_keys() const;
  bool unrestricted() const { return commands_.allows_all() && all_keys_ && all_channels_; }

  // As ACL LIST and ACL GETUSER show it.
  std::string text() const;
  std::string commands_text() const { return commands_.text(); }
  std::string keys_text() const;
  std::string channels_text() const;
  std::size_t memory_bytes() const;

 private:
  struct KeyPattern {
    std::string text;
    types::Pattern pattern;
    KeyAccess access;
  };
  struct ChannelPattern {
    std::string text;
    types::Pattern pattern;
  };

  Result<void> add_key_pattern(std::string_view rule);
  Result<void> add_channel_pattern(std::string_view rule);
  bool allows_key(std::string_view key, KeyAccess access) const;
  Verdict check_channels(const Command& row, std::span<const std::string_view> arguments) const;

  CommandRules commands_;
  bool all_keys_ = false;
  bool all_channels_;
  std::vector<KeyPattern> keys_;
  std::vector<ChannelPattern> channels_;
};

}  // namespace terrace::acl
