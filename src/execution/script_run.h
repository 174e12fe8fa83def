// ScriptRun: what the handler of a script sees: its arguments, where its reply goes, and the commands that it may call.
// The handler runs on its own stack (io/fiber.h), which it leaves when a call must wait for the disk.
// Ownership: owned by ScriptRunner, reused. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "io/fiber.h"
#include "src/config/settings.h"
#include "src/execution/call.h"
#include "src/execution/command_runner.h"
#include "src/execution/session.h"

namespace terrace {

class OpenUnit;

class ScriptRun {
 public:
  ScriptRun(CommandRunner& runner, OpenUnit& open_unit, const CommandTable& commands, const Settings& settings)
      : runner_(runner), open_unit_(open_unit), commands_(commands), settings_(settings) {}
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  // --- the command that runs the script
  std::span<const std::string_view> arguments() const { return own_call().arguments; }
  const Command& command() const { return own_call().row(); }
  Session& session() { return *caller_; }
  template <typename Parts>
  const Parts& parts() const {
    return own_call().entry->parts.template get<Parts>();
  }
  io::Clock& clock() { return runner_.parts().clock; }
  // A store that makes no records cold is full.
  bool out_of_memory() const { return runner_.engine().out_of_memory(); }
  // Writes the reply. The handler must not call commands after that.
  template <typename Write>
  void reply(const Write& write) {
    if (calling_) exchange_call();
    reply_start_ = batch_->replies->size();
    runner_.answer_within_bounds(*batch_, write);
  }

  // --- set by the handler before its first call
  struct Rules {
    bool no_writes = false;
    bool allow_oom = false;
    bool is_function = false;
    std::string name;  // for FUNCTION STATS
  };
  Rules rules;

  // --- calls
  // The session in which the script's commands run: its database and protocol.
  Session& calling_session() { return session_; }
  // Runs a command. Returns its reply as RESP, which is valid until the next call.
  std::string_view call(std::span<const std::string_view> arguments);
  // Is there such a command?
  bool knows(std::span<const std::string_view> arguments) const { return entry_of(arguments) != nullptr; }
  // May the caller's user run it?
  bool permits(std::span<const std::string_view> arguments) const {
    return caller_->user->may_run(*entry_of(arguments), arguments);
  }
  // The reply tells of what all units so far have changed (a function that was loaded).
  void depend_on_log() { batch_->unit.depend_on(runner_.engine().end_position()); }
  // The reply that is being written has an error. `counted`: it is that of a call, which has been counted.
  void note_error(std::string_view text, bool counted);
  // Has a call changed something? Then the script is not killed.
  bool changed() const { return batch_->unit.changed(); }

  // --- time
  // Called now and then by a handler that may take long: lets others have their turn. False: the script is to end.
  bool give_way();
  std::int64_t running_ms() const;

 private:
  friend class ScriptRunner;

  const Call& own_call() const { return calling_ ? call_ : batch_->call; }
  CommandEntry* entry_of(std::span<const std::string_view> arguments) const;
  bool is_admitted(CommandEntry* entry, std::span<const std::string_view> arguments);
  std::string write_error(const Command& row) const;
  void refuse(CommandEntry* entry, std::string_view error);
  void run_planned();
  void keep_within_memory();
  void suspend(CommandBatch::Wait wait);
  void exchange_call();

  CommandRunner& runner_;
  OpenUnit& open_unit_;
  const CommandTable& commands_;
  const Settings& settings_;

  CommandBatch* batch_ = nullptr;  // nullptr: no script runs
  Session* caller_ = nullptr;
  Session session_;
  std::string* caller_replies_ = nullptr;
  bool calling_ =
      false;  // the batch has the called command, and `call_` the one that runs the script; else the reverse
  Call call_;
  std::string replies_;  // of the called command
  std::size_t reply_start_ = 0;
  std::unique_ptr<io::Fiber> fiber_;
  io::Fiber::Body body_;
  bool blocking_allowed_ = false;     // scripts may call commands that block, which then do not wait
  std::uint64_t counted_errors_ = 0;  // in the reply
  bool own_errors_ = false;           // it has others, too
  bool killed_ = false;
  bool told_busy_ = false;
  unsigned moments_ = 0;
  bool frees_records_ = false;  // those of earlier calls, before it reads more
  std::uint64_t begin_ns_ = 0;
  std::uint64_t slice_end_ns_ = 0;
};

}  // namespace terrace
