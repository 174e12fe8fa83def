// The libraries of scripts beside Lua's own: each pushes its table.
// Ownership: no state of their own. Thread: the reactor's.
#pragma once

#include <lua.hpp>

namespace terrace {

void push_cjson(lua_State* state);
void push_cmsgpack(lua_State* state);
void push_struct(lua_State* state);

}  // namespace terrace
