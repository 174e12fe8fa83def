// Admission: decides whether a command may run now: its name is known, its arguments are as many as its row says, its
// session may run it, and the store can take what it does. Asked once for each unit, before the unit's first change.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "src/execution/command_runner.h"
#include "src/execution/pause.h"
#include "src/execution/script_runner.h"
#include "src/execution/transaction_runner.h"

namespace terrace {

class Admission {
 public:
  Admission(Store& store, Pause& pause, CommandRunner& runner, TransactionRunner& transactions,
            const ScriptRunner& scripts, const Settings& settings, Logger& logger)
      : store_(store),
        pause_(pause),
        runner_(runner),
        transactions_(transactions),
        scripts_(scripts),
        settings_(settings),
        logger_(logger) {}

  enum class Verdict : std::uint8_t {
    kRun,
    kAnswered,  // refused; the error is replied
    kWait,      // for what x.wait names
  };
  // `entry`: what the command table found, nullptr if nothing.
  Verdict admit(CommandBatch& x, CommandEntry* entry, std::span<const std::string_view> arguments);

 private:
  // inline: called from one place, each command passes here.
  inline Verdict admit_client(CommandBatch& x, CommandEntry& entry, std::span<const std::string_view> arguments);
  Verdict admit_write(CommandBatch& x, CommandEntry& entry, std::uint32_t flags);
  Verdict admit_script(CommandBatch& x);
  Verdict wait_for_room(CommandBatch& x, CommandEntry& entry);
  Verdict refuse(CommandBatch& x, CommandEntry* entry, std::string_view error);
  Verdict refuse_unknown(CommandBatch& x, CommandEntry* entry, std::span<const std::string_view> arguments);

  Store& store_;
  Pause& pause_;
  CommandRunner& runner_;
  TransactionRunner& transactions_;
  const ScriptRunner& scripts_;
  const Settings& settings_;
  Logger& logger_;
};

}  // namespace terrace
