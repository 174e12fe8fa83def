// The library `redis` of scripts: redis.call, redis.pcall and what belongs to them.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>

namespace terrace {

// `for_functions`: the interpreter's texts are libraries, which register functions.
void push_redis_library(lua_State* state, bool for_functions);

}  // namespace terrace
