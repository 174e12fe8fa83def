// The handlers of scripts and functions; one row of scripting_table.cpp has each.
#pragma once

namespace terrace {

class Context;
class ScriptRun;

namespace commands {

void eval(ScriptRun& run);
void evalsha(ScriptRun& run);
void fcall(ScriptRun& run);
void function_delete(Context& context);
void function_dump(Context& context);
void function_flush(Context& context);
void function_help(Context& context);
void function_kill(Context& context);
void function_list(Context& context);
void function_load(Context& context);
void function_restore(Context& context);
void function_stats(Context& context);
void script_debug(Context& context);
void script_exists(Context& context);
void script_flush(Context& context);
void script_help(Context& context);
void script_kill(Context& context);
void script_load(Context& context);
void script_show(Context& context);

}  // namespace commands
}  // namespace terrace
