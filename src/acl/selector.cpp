#include "src/acl/selector.h"

#include <algorithm>
#include <array>

#include "src/text/ignoring_case.h"

namespace terrace::acl {
namespace {

using Denial = User::Denial;

Error syntax_error() {
  return {ErrorCode::kInvalid, "Syntax error"};
}

bool has_blank_or_nul(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r'); });
}

// By the words of the key's specification: "RW access update".
KeyAccess access_of(std::string_view flags) {
  const auto has = [flags](std::string_view word) { return flags.find(word) != flags.npos; };
  return {.reads = has("access"), .writes = has("insert") || has("update") || has("delete")};
}

// Which arguments of a command are channels that it needs to be allowed. Those that it unsubscribes from are none.
struct ChannelArguments {
  std::string_view command;
  bool to_the_end;
  User::ChannelName kind;
};
constexpr std::array kChannelArguments = {
    ChannelArguments{"publish", false, User::ChannelName::kLiteral},
    ChannelArguments{"spublish", false, User::ChannelName::kLiteral},
    ChannelArguments{"subscribe", true, User::ChannelName::kLiteral},
    ChannelArguments{"ssubscribe", true, User::ChannelName::kLiteral},
    ChannelArguments{"psubscribe", true, User::ChannelName::kPattern},
};

}  // namespace

Result<void> Selector::apply(std::string_view rule) {
  const auto is = [rule](std::string_view one, std::string_view other = {}) {
    return equals_ignoring_case(rule, one) || (!other.empty() && equals_ignoring_case(rule, other));
  };
  if (is("allkeys", "~*")) {
    all_keys_ = true;
    keys_.clear();
  } else if (is("resetkeys")) {
    all_keys_ = false;
    keys_.clear();
  } else if (is("allchannels", "&*")) {
    all_channels_ = true;
    channels_.clear();
  } else if (is("resetchannels")) {
    all_channels_ = false;
    channels_.clear();
  } else if (is("allcommands", "+@all")) {
    commands_.allow_all();
  } else if (is("nocommands", "-@all")) {
    commands_.allow_none();
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return add_key_pattern(rule);
  } else if (rule.starts_with('&')) {
    return add_channel_pattern(rule);
  } else if (rule.starts_with('+') || rule.starts_with('-')) {
    return commands_.apply(rule);
  } else {
    return syntax_error();
  }
  return {};
}

// "~pattern", "%R~pattern", "%W~pattern", "%RW~pattern".
Result<void> Selector::add_key_pattern(std::string_view rule) {
  if (all_keys_) {
    return Error{ErrorCode::kInvalid,
                 "Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any "
                 "effect. Try 'resetkeys' to start with an empty list of patterns"};
  }
  KeyAccess access{true, true};
  const std::size_t tilde = rule.find('~');
  if (tilde == rule.npos) return syntax_error();
  if (rule[0] == '%') {
    access = {};
    for (const char letter : rule.substr(1, tilde - 1)) {
      const bool read = letter == 'R' || letter == 'r', write = letter == 'W' || letter == 'w';
      if ((!read && !write) || (read && access.reads) || (write && access.writes)) return syntax_error();
      access = {access.reads || read, access.writes || write};
    }
    if (!access.reads && !access.writes) return syntax_error();
  }
  const std::string_view text = rule.substr(tilde + 1);
  if (has_blank_or_nul(text)) return syntax_error();
  const auto same = std::ranges::find(keys_, text, &KeyPattern::text);
  if (same == keys_.end()) {
    keys_.push_back({std::string(text), types::Pattern(text), access});
  } else {
    same->access = {same->access.reads || access.reads, same->access.writes || access.writes};
  }
  return {};
}

Result<void> Selector::add_channel_pattern(std::string_view rule) {
  if (all_channels_) {
    return Error{ErrorCode::kInvalid,
                 "Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any "
                 "effect. Try 'resetchannels' to start with an empty list of channels"};
  }
  const std::string_view text = rule.substr(1);
  if (has_blank_or_nul(text)) return syntax_error();
  if (std::ranges::find(channels_, text, &ChannelPattern::text) == channels_.end()) {
    channels_.push_back({std::string(text), types::Pattern(text)});
  }
  return {};
}

Selector::Verdict Selector::check(const CommandEntry& command, std::span<const std::string_view> arguments,
                                  std::span<const KeyPosition> keys) const {
  const Command& row = *command.row;
  if (!(row.flags & kNoAuth) && !commands_.allows(command, arguments)) return {Denial::kCommand, 0};
  if (!all_keys_) {
    for (const KeyPosition& key : keys) {
      const KeyAccess access = access_of(flags_of(row, arguments, key));
      if (!allows_key(arguments[key.argument], access)) return {Denial::kKey, key.argument};
    }
  }
  if ((row.flags & kPubsub) && !all_channels_) return check_channels(row, arguments);
  return {};
}

Selector::Verdict Selector::check_channels(const Command& row, std::span<const std::string_view> arguments) const {
  const auto found = std::ranges::find(kChannelArguments, row.name, &ChannelArguments::command);
  if (found == kChannelArguments.end()) return {};
  const std::size_t end = found->to_the_end ? arguments.size() : std::min<std::size_t>(arguments.size(), 2);
  for (std::size_t i = 1; i < end; ++i) {
    if (!allows_channel(arguments[i], found->kind)) return {Denial::kChannel, i};
  }
  return {};
}

// A key that the command neither reads nor writes (EXISTS) must be in one of the patterns all the same.
bool Selector::allows_key(std::string_view key, KeyAccess access) const {
  return std::ranges::any_of(
      keys_, [&](const KeyPattern& allowed) { return allowed.access.covers(access) && allowed.pattern.matches(key); });
}

bool Selector::allows_channel(std::string_view channel, User::ChannelName kind) const {
  return all_channels_ || std::ranges::any_of(channels_, [&](const ChannelPattern& allowed) {
           return kind == User::ChannelName::kPattern ? allowed.text == channel : allowed.pattern.matches(channel);
         });
}

bool Selector::reads_all_keys() const {
  return all_keys_ || std::ranges::any_of(
                          keys_, [](const KeyPattern& allowed) { return allowed.text == "*" && allowed.access.reads; });
}

std::string Selector::keys_text() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& key : keys_) {
    if (!text.empty()) text += ' ';
    const bool both = key.access.reads && key.access.writes;
    text += both ? "~" : key.access.reads ? "%R~" : "%W~";
    text += key.text;
  }
  return text;
}

std::vector<std::string_view> Selector::channels() const {
  if (all_channels_) return {"*"};
  std::vector<std::string_view> patterns;
  for (const ChannelPattern& channel : channels_) patterns.emplace_back(channel.text);
  return patterns;
}

std::string Selector::channels_text() const {
  std::string text;
  for (const std::string_view pattern : channels()) {
    if (!text.empty()) text += ' ';
    (text += '&') += pattern;
  }
  return text;
}

std::string Selector::text() const {
  std::string text = keys_text();
  if (!text.empty()) text += ' ';
  if (!all_channels_) text += "resetchannels ";
  const std::string channels = channels_text();
  if (!channels.empty()) (text += channels) += ' ';
  return text + commands_.text();
}

std::size_t Selector::memory_bytes() const {
  constexpr std::size_t kParsedPattern = 128;  // about, beside what stands for its bytes
  std::size_t bytes = sizeof *this + commands_.memory_bytes();
  for (const KeyPattern& key : keys_) bytes += kParsedPattern + key.text.size() * 4;
  for (const ChannelPattern& channel : channels_) bytes += kParsedPattern + channel.text.size() * 4;
  return bytes;
}

}  // namespace terrace::acl
