#include "src/scripting/world.h"

#include "src/scripting/redis_library.h"
#include "src/scripting/sandbox.h"

namespace terrace {
namespace {

void open_world(lua_State* state, bool for_functions) {
  sandbox::open(state);
  push_redis_library(state, for_functions);
  sandbox::protect(state);
  lua_setfield(state, -2, "redis");
}

}  // namespace

void open_script_world(lua_State* state) {
  open_world(state, false);
}
void open_function_world(lua_State* state) {
  open_world(state, true);
}

}  // namespace terrace
