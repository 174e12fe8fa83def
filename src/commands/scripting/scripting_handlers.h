// The handlers of scripts and functions; one row of scripting_table.cpp has each.
#pragma once

namespace terrace {

class Context;
class ScriptRun;

namespace commands {

void eval(ScriptRun& run);
void evalsha(ScriptRun& run);
void script_debug(Context& context);
void script_exists(Context& context);
void script_flush(Context& context);
void script_help(Context& context);
void script_kill(Context& context);
void script_load(Context& context);
void script_show(Context& context);

}  // namespace commands
}  // namespace terrace
