#include "src/scripting/redis_library.h"

#include <cmath>
#include <string>

#include "src/runtime/version.h"
#include "src/scripting/function_registry.h"
#include "src/scripting/interpreter.h"
#include "src/scripting/lua_text.h"
#include "src/scripting/reply_reader.h"
#include "src/scripting/sandbox.h"
#include "src/scripting/script_flags.h"
#include "src/scripting/sha1_hex.h"
#include "src/text/real_text.h"

namespace terrace {
namespace {

// The digits of a number argument take its place on the stack.
void replace_by_digits(lua_State* L, int index) {
  const RealText digits(lua_tonumber(L, index));
  const std::string_view text = std::isnan(lua_tonumber(L, index)) ? std::string_view("nan") : digits.view();
  lua_pushlstring(L, text.data(), text.size());
  lua_replace(L, index);
}

// Gathers the arguments on the stack as those of a command. False: one is neither a string nor a number.
bool gather_arguments(lua_State* L, std::vector<std::string_view>& arguments) {
  arguments.clear();
  const int count = lua_gettop(L);
  for (int i = 1; i <= count; ++i) {
    if (lua_type(L, i) == LUA_TNUMBER) replace_by_digits(L, i);
    if (lua_type(L, i) != LUA_TSTRING) return false;
    arguments.push_back(text_at(L, i));
  }
  return true;
}

// What is pushed for an error that redis.pcall gives and redis.call raises.
int fail(lua_State* L, bool raises, std::string_view text) {
  if (raises) return sandbox::raise(L, text);
  sandbox::push_error(L, "ERR " + std::string(text));
  return 1;
}

int call_command(lua_State* L, bool raises) {
  Interpreter& interpreter = Interpreter::of(L);
  ScriptRun* const run = interpreter.run();
  if (run == nullptr) return fail(L, raises, "redis.call/pcall can only be called inside a script invocation");
  if (lua_gettop(L) == 0) return fail(L, raises, "Please specify at least one argument for this redis lib call");
  std::vector<std::string_view>& arguments = interpreter.arguments();
  if (!gather_arguments(L, arguments)) {
    return fail(L, raises, "Lua redis lib command arguments must be strings or integers");
  }
  const std::string_view reply = run->call(arguments);
  push_reply(L, reply);
  return raises && reply.starts_with('-') ? lua_error(L) : 1;
}

int call(lua_State* L) {
  return call_command(L, true);
}
int pcall(lua_State* L) {
  return call_command(L, false);
}

int single_field(lua_State* L, const char* name) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    sandbox::push_error(L, "ERR wrong number or type of arguments");
    return 1;
  }
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, name);
  return 1;
}

int status_reply(lua_State* L) {
  return single_field(L, "ok");
}

// A text of one word is a message without a code.
int error_reply(lua_State* L) {
  if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TSTRING) {
    sandbox::push_error(L, "ERR wrong number or type of arguments");
    return 1;
  }
  std::string_view text = text_at(L, 1);
  if (text.starts_with('-')) text.remove_prefix(1);
  const bool has_code = text.find(' ') != std::string_view::npos;
  const std::string whole = has_code ? std::string(text) : "ERR " + std::string(text);
  sandbox::push_error(L, whole);
  return 1;
}

int sha1hex(lua_State* L) {
  if (lua_gettop(L) != 1) return sandbox::raise(L, "wrong number of arguments");
  std::size_t size = 0;
  const char* bytes = lua_tolstring(L, 1, &size);
  const Sha1Hex digits(bytes != nullptr ? std::string_view(bytes, size) : std::string_view());
  lua_pushlstring(L, digits.view().data(), digits.view().size());
  return 1;
}

int log(lua_State* L) {
  const int count = lua_gettop(L);
  if (count < 2) return sandbox::raise(L, "redis.log() requires two arguments or more.");
  if (!lua_isnumber(L, -count)) return sandbox::raise(L, "First argument must be a number (log level).");
  const int level = static_cast<int>(lua_tonumber(L, -count));
  if (level < 0 || level > 3) return sandbox::raise(L, "Invalid debug level.");
  std::string line;
  for (int i = 2; i <= count; ++i) {
    std::size_t size = 0;
    const char* text = lua_tolstring(L, i, &size);
    if (text == nullptr) continue;
    if (i > 2) line += ' ';
    line.append(text, size);
  }
  Interpreter::of(L).logger().write(static_cast<storage::LogLevel>(level), line);
  return 0;
}

int setresp(lua_State* L) {
  if (lua_gettop(L) != 1) return sandbox::raise(L, "redis.setresp() requires one argument.");
  const int protocol = static_cast<int>(lua_tonumber(L, 1));
  if (protocol != 2 && protocol != 3) return sandbox::raise(L, "RESP version must be 2 or 3.");
  if (ScriptRun* run = Interpreter::of(L).run()) run->calling_session().protocol = protocol;
  return 0;
}

constexpr int kReplicateAll = 3;

// Only checks its argument. There are no replicas to choose for. The log takes the place of Redis' AOF, but it is the store
// as well: a change that is not in it would be in memory, or in a segment, and yet not be there after a restart.
int set_repl(lua_State* L) {
  if (lua_gettop(L) != 1) return sandbox::raise(L, "redis.set_repl() requires two arguments.");
  const int flags = static_cast<int>(lua_tonumber(L, 1));
  if ((flags & ~kReplicateAll) != 0) {
    return sandbox::raise(L, "Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
  }
  return 0;
}

int replicate_commands(lua_State* L) {
  lua_pushboolean(L, 1);
  return 1;
}

int breakpoint(lua_State* L) {
  lua_pushboolean(L, 0);  // no debugger is attached
  return 1;
}

int debug(lua_State*) {
  return 0;  // for a debugger, and none is attached
}

int acl_check_cmd(lua_State* L) {
  if (lua_gettop(L) == 0) return sandbox::raise(L, "Please specify at least one argument for this redis lib call");
  Interpreter& interpreter = Interpreter::of(L);
  std::vector<std::string_view>& arguments = interpreter.arguments();
  if (!gather_arguments(L, arguments)) {
    return sandbox::raise(L, "redis.acl_check_cmd() require strings or integers arguments");
  }
  if (interpreter.run() == nullptr || !interpreter.run()->knows(arguments)) {
    return sandbox::raise(L, "Invalid command passed to redis.acl_check_cmd()");
  }
  lua_pushboolean(L, interpreter.run()->permits(arguments) ? 1 : 0);
  return 1;
}

// Takes the fields of the one argument, a table, as arguments. Returns the error, or nullptr.
const char* read_named_arguments(lua_State* L, std::string_view& name, std::string_view& description,
                                 std::uint8_t& flags) {
  const auto read_flags = [&]() -> const char* {
    if (!lua_istable(L, -1))
      return "flags argument to redis.register_function must be a table representing function flags";
    for (int i = 1;; ++i, lua_pop(L, 1)) {
      lua_rawgeti(L, -1, i);
      if (lua_isnil(L, -1)) break;
      const auto flag = lua_type(L, -1) == LUA_TSTRING ? script_flag(text_at(L, -1)) : std::nullopt;
      if (!flag) return "unknown flag given";
      flags |= *flag;
    }
    lua_pop(L, 1);
    return nullptr;
  };
  bool has_callback = false;
  lua_pushnil(L);  // the callback's place
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) return "named argument key given to redis.register_function is not a string";
    const std::string_view field = text_at(L, -2);
    if (field == "function_name") {
      if (lua_type(L, -1) != LUA_TSTRING)
        return "function_name argument given to redis.register_function must be a string";
      name = text_at(L, -1);
    } else if (field == "description") {
      if (lua_type(L, -1) != LUA_TSTRING)
        return "description argument given to redis.register_function must be a string";
      description = text_at(L, -1);
    } else if (field == "callback") {
      if (!lua_isfunction(L, -1)) return "callback argument given to redis.register_function must be a function";
      lua_pushvalue(L, -1);
      lua_replace(L, 2);
      has_callback = true;
    } else if (field == "flags") {
      if (const char* error = read_flags()) return error;
    } else {
      return "unknown argument given to redis.register_function";
    }
  }
  if (name.empty()) return "redis.register_function must get a function name argument";
  return has_callback ? nullptr : "redis.register_function must get a callback argument";
}

int register_function(lua_State* L) {
  Interpreter& interpreter = Interpreter::of(L);
  FunctionRegistry* const registry = interpreter.registry();
  if (registry == nullptr) {
    return sandbox::raise(L, "redis.register_function can only be called on FUNCTION LOAD command");
  }
  std::string_view name, description;
  std::uint8_t flags = 0;
  switch (lua_gettop(L)) {
    case 1:
      if (!lua_istable(L, 1)) {
        return sandbox::raise(L,
                              "calling redis.register_function with a single argument is only applicable to Lua table "
                              "(representing named arguments).");
      }
      if (const char* error = read_named_arguments(L, name, description, flags)) return sandbox::raise(L, error);
      break;
    case 2:
      if (lua_type(L, 1) != LUA_TSTRING)
        return sandbox::raise(L, "first argument to redis.register_function must be a string");
      if (!lua_isfunction(L, 2))
        return sandbox::raise(L, "second argument to redis.register_function must be a function");
      name = text_at(L, 1);
      break;
    default:
      return sandbox::raise(L, "wrong number of arguments to redis.register_function");
  }
  lua_settop(L, 2);
  const int reference = luaL_ref(L, LUA_REGISTRYINDEX);
  const std::string error = registry->add(name, description, flags, reference);
  if (error.empty()) return 0;
  luaL_unref(L, LUA_REGISTRYINDEX, reference);
  return sandbox::raise(L, error);
}

constexpr luaL_Reg kRedisFunctions[] = {{"call", call},
                                        {"pcall", pcall},
                                        {"status_reply", status_reply},
                                        {"error_reply", error_reply},
                                        {"sha1hex", sha1hex},
                                        {"log", log},
                                        {"setresp", setresp},
                                        {"set_repl", set_repl},
                                        {"replicate_commands", replicate_commands},
                                        {"breakpoint", breakpoint},
                                        {"debug", debug},
                                        {"acl_check_cmd", acl_check_cmd}};

struct Constant {
  const char* name;
  int value;
};
constexpr Constant kRedisConstants[] = {{"LOG_DEBUG", 0},   {"LOG_VERBOSE", 1},  {"LOG_NOTICE", 2},
                                        {"LOG_WARNING", 3}, {"REPL_NONE", 0},    {"REPL_AOF", 1},
                                        {"REPL_SLAVE", 2},  {"REPL_REPLICA", 2}, {"REPL_ALL", kReplicateAll}};

}  // namespace

void push_redis_library(lua_State* L, bool for_functions) {
  lua_newtable(L);
  if (for_functions) {
    lua_pushcfunction(L, register_function);
    lua_setfield(L, -2, "register_function");
  }
  for (const luaL_Reg& function : kRedisFunctions) {
    lua_pushcfunction(L, function.func);
    lua_setfield(L, -2, function.name);
  }
  for (const Constant& constant : kRedisConstants) {
    lua_pushinteger(L, constant.value);
    lua_setfield(L, -2, constant.name);
  }
  lua_pushlstring(L, kRedisVersion.data(), kRedisVersion.size());
  lua_setfield(L, -2, "REDIS_VERSION");
  lua_pushinteger(L, redis_version_number());
  lua_setfield(L, -2, "REDIS_VERSION_NUM");
}

}  // namespace terrace
