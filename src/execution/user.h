// User: for whom a session acts, as the execution core sees it: it asks whether the user may run a command. src/acl has
// the users themselves.
// Ownership: shared by the list of users and by the sessions that act for it, so that a session of a deleted user ends
// in order. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace terrace {

class Session;
struct CommandEntry;

class User {
 public:
  virtual ~User() = default;
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  const std::string& name() const { return name_; }
  // May run every command with every key and channel. Asked for each command of a client.
  bool unrestricted() const { return unrestricted_; }
  // A session may act for this user without a password.
  bool open() const { return open_; }

  // Where a command comes from, for the log of what was denied.
  enum class Place : std::uint8_t { kTopLevel, kMulti, kScript };
  enum class Denial : std::uint8_t { kNone, kCommand, kKey, kChannel };
  // May the session run the command? A denial is recorded.
  virtual Denial admit(const Session& session, const CommandEntry& command, std::span<const std::string_view> arguments,
                       Place place) const = 0;
  // The same, which no log records.
  virtual bool may_run(const CommandEntry& command, std::span<const std::string_view> arguments) const = 0;
  // The error for a denied command.
  virtual std::string error_text(Denial denial, const CommandEntry& command) const = 0;
  // Is the command allowed by rules that also allow to read every key? For keys that the arguments do not name.
  virtual bool may_read_all_keys(const CommandEntry& command, std::span<const std::string_view> arguments) const = 0;
  // A pattern is allowed if it is one of the user's patterns, or if the user may use all channels.
  enum class ChannelName : bool { kLiteral, kPattern };
  virtual bool may_use_channel(std::string_view channel, ChannelName kind) const = 0;

  // Of sessions that are no client's.
  static const std::shared_ptr<const User>& superuser();

 protected:
  explicit User(std::string name) : name_(std::move(name)) {}

  std::string name_;
  bool unrestricted_ = false;
  bool open_ = false;
};

}  // namespace terrace
