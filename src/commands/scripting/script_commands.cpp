// SCRIPT: the cache of scripts, and the script that runs.
#include "src/commands/families.h"
#include "src/commands/scripting/kill_reply.h"
#include "src/commands/scripting/scripting_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/scripting/scripting.h"

namespace terrace::commands {
namespace {

ScriptCache& scripts(Context& context) {
  return context.parts<ScriptingParts>().scripting.scripts();
}

}  // namespace

void script_debug(Context& context) {
  context.reply.error("ERR scripts cannot be debugged in Terrace: run them in Lua 5.1, or use redis.log()");
}

void script_exists(Context& context) {
  const auto digests = context.arguments.subspan(2);
  context.reply.array(digests.size());
  for (const std::string_view sha : digests) context.reply.integer(scripts(context).find(sha) != nullptr ? 1 : 0);
}

void script_flush(Context& context) {
  const bool has_mode = context.arguments.size() == 3 &&
                        (is_option(context.argument(2), "sync") || is_option(context.argument(2), "async"));
  if (context.arguments.size() > 2 && !has_mode) {
    return context.reply.error("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
  }
  scripts(context).flush();
  context.reply.ok();
}

void script_kill(Context& context) {
  reply_kill(context, false);
}

void script_load(Context& context) {
  const Result<CachedScript*> script = scripts(context).add(context.argument(2), true);
  if (!script.ok()) return context.reply.error(script.error().message);
  context.reply.bulk((*script)->sha);
}

void script_show(Context& context) {
  const CachedScript* const script = scripts(context).find(context.argument(2));
  if (script == nullptr) return context.reply.error("NOSCRIPT No matching script. Please use EVAL.");
  context.reply.bulk(script->body);
}

void script_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "DEBUG (YES|SYNC|NO)",
      "    Is refused: there is no debugger.",
      "EXISTS <sha1> [<sha1> ...]",
      "    Which of these scripts are in the cache.",
      "FLUSH [ASYNC|SYNC]",
      "    Empties the cache.",
      "KILL",
      "    Ends the script that runs, if it has written nothing.",
      "LOAD <script>",
      "    Puts a script into the cache without running it.",
      "SHOW <sha1>",
      "    The text of a script in the cache.",
  };
  reply_help(context, "SCRIPT", kLines);
}

}  // namespace terrace::commands
