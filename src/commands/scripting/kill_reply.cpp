#include "src/commands/scripting/kill_reply.h"

#include "src/commands/families.h"
#include "src/execution/script_runner.h"

namespace terrace::commands {

void reply_kill(Context& context, bool function) {
  ScriptRunner& runner = context.parts<ScriptingParts>().runner;
  switch (runner.kill(function)) {
    case ScriptRunner::Kill::kKilled:
      return context.reply.ok();
    case ScriptRunner::Kill::kNotRunning:
      return context.reply.error("NOTBUSY No scripts in execution right now.");
    case ScriptRunner::Kill::kOtherKind:
      return context.reply.error(runner.busy_error());
    case ScriptRunner::Kill::kHasWritten:
      return context.reply.error(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the "
          "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.");
  }
}

}  // namespace terrace::commands
