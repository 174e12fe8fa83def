// What a script has returned, or the error in which it ended, as the reply of its command.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

#include "src/execution/script_run.h"
#include "src/resp/reply.h"

namespace terrace {

// Each error in it is noted with the run.

// Writes the value on top of the stack.
void reply_value(lua_State* state, Reply& reply, ScriptRun& run);
// Writes the error on top of the stack, with the script's name and the place where it was raised.
void reply_error(lua_State* state, Reply& reply, ScriptRun& run, std::string_view script_name);

}  // namespace terrace
