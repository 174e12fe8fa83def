// EVAL, EVALSHA and their read-only forms.
#include "src/commands/families.h"
#include "src/commands/scripting/script_arguments.h"
#include "src/commands/scripting/scripting_handlers.h"
#include "src/execution/script_run.h"
#include "src/scripting/script_cache.h"
#include "src/scripting/script_flags.h"
#include "src/scripting/scripting.h"

namespace terrace::commands {
namespace {

void reply_refusal(ScriptRun& run, std::string_view error) {
  run.reply([error](Reply& reply) { reply.error(error); });
}

void run_cached(ScriptRun& run, ScriptCache& cache, const CachedScript& script, const ScriptArguments& arguments) {
  const bool read_only = (run.command().flags & kReadonly) != 0;
  if (script.has_shebang) {
    if (read_only && !(script.flags & kNoWrites)) {
      return reply_refusal(run, "ERR Can not execute a script with write flag using *_ro command.");
    }
    if (!(script.flags & (kAllowOom | kNoWrites)) && run.out_of_memory()) {
      return reply_refusal(run,
                           "OOM allow-oom flag is not set on the script, can not run it when used memory > "
                           "'maxmemory'");
    }
  }
  run.rules.no_writes = read_only || (script.has_shebang && (script.flags & kNoWrites));
  run.rules.allow_oom = (script.flags & kAllowOom) != 0;
  Interpreter& interpreter = cache.interpreter();
  lua_State* const state = interpreter.state();
  interpreter.set_text(script.body, "@user_script");
  bool succeeded = false;
  const bool ran = interpreter.run_protected([&] {
    push_texts(state, arguments.keys);
    interpreter.set_global("KEYS");
    push_texts(state, arguments.others);
    interpreter.set_global("ARGV");
    lua_rawgeti(state, LUA_REGISTRYINDEX, script.function);
    succeeded = interpreter.call(&run, 0);
    interpreter.keep_value();
  });
  reply_result(run, interpreter, {.ran = ran, .succeeded = succeeded, .name = script.sha});
}

}  // namespace

void eval(ScriptRun& run) {
  const auto arguments = script_arguments(run);
  if (!arguments) return;
  ScriptCache& cache = run.parts<ScriptingParts>().scripting.scripts();
  const Result<CachedScript*> script = cache.add(run.arguments()[1], false);
  if (!script.ok()) return reply_refusal(run, script.error().message);
  run_cached(run, cache, **script, *arguments);
}

void evalsha(ScriptRun& run) {
  constexpr std::string_view kUnknown = "NOSCRIPT No matching script. Please use EVAL.";
  constexpr std::size_t kDigits = 40;
  if (run.arguments()[1].size() != kDigits) return reply_refusal(run, kUnknown);
  const auto arguments = script_arguments(run);
  if (!arguments) return;
  ScriptCache& cache = run.parts<ScriptingParts>().scripting.scripts();
  const CachedScript* const script = cache.find(run.arguments()[1]);
  if (script == nullptr) return reply_refusal(run, kUnknown);
  run_cached(run, cache, *script, *arguments);
}

}  // namespace terrace::commands
