// What a script has returned, or the error in which it ended, as the reply of its command.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

#include "src/resp/reply.h"

namespace terrace {

// Writes the value on top of the stack. `script_protocol`: what the script has set by redis.setresp().
void reply_value(lua_State* state, Reply& reply, int script_protocol);
// Writes the error on top of the stack, with the script's name and the place where it was raised.
void reply_error(lua_State* state, Reply& reply, std::string_view script_name);

}  // namespace terrace
