// The library `redis` of scripts: redis.call, redis.pcall and what belongs to them.
// Thread: the reactor's.
#pragma once

#include <lua.hpp>

namespace terrace {

void push_redis_library(lua_State* state);

}  // namespace terrace
