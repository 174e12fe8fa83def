// The worlds of interpreters: the sandbox with the library `redis`. See Interpreter::Open.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>

namespace terrace {

void open_script_world(lua_State* state);
// Its texts are libraries, which register functions.
void open_function_world(lua_State* state);

}  // namespace terrace
