// FCALL and its read-only form.
#include "src/commands/families.h"
#include "src/commands/scripting/script_arguments.h"
#include "src/commands/scripting/scripting_handlers.h"
#include "src/scripting/script_flags.h"
#include "src/scripting/scripting.h"

namespace terrace::commands {

void fcall(ScriptRun& run) {
  const auto refuse = [&run](std::string_view error) { run.reply([error](Reply& reply) { reply.error(error); }); };
  run.rules.is_function = true;
  FunctionLibraries& functions = run.parts<ScriptingParts>().scripting.functions();
  run.depend_on_log();
  const FunctionLibrary::Function* const function = functions.find(run.arguments()[1]);
  if (function == nullptr) return refuse("ERR Function not found");
  const auto arguments = script_arguments(run);
  if (!arguments) return;
  const bool read_only = (run.command().flags & kReadonly) != 0;
  if (read_only && !(function->flags & kNoWrites)) {
    return refuse("ERR Can not execute a script with write flag using *_ro command.");
  }
  if (!(function->flags & (kAllowOom | kNoWrites)) && run.out_of_memory()) {
    return refuse("OOM allow-oom flag is not set on the function, can not run it when used memory > 'maxmemory'");
  }
  run.rules.no_writes = (function->flags & kNoWrites) != 0;
  run.rules.allow_oom = (function->flags & kAllowOom) != 0;
  run.rules.name = function->name;
  Interpreter& interpreter = functions.interpreter();
  lua_State* const state = interpreter.state();
  interpreter.set_text(function->library->code, "@user_function");
  bool succeeded = false;
  const bool ran = interpreter.run_protected([&] {
    lua_rawgeti(state, LUA_REGISTRYINDEX, function->reference);
    push_texts(state, arguments->keys);
    push_texts(state, arguments->others);
    succeeded = interpreter.call(&run, 2);
    interpreter.keep_value();
  });
  reply_result(run, interpreter, {.ran = ran, .succeeded = succeeded, .name = run.rules.name});
}

}  // namespace terrace::commands
