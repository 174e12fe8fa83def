// push_reply: a reply of a command, RESP2 or RESP3, as the Lua value that Redis makes of it.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace terrace {

// `resp`: one whole reply. Pushes one value.
void push_reply(lua_State* state, std::string_view resp);

}  // namespace terrace
