#include "src/scripting/sandbox.h"

#include <algorithm>
#include <cmath>
#include <ctime>

#include "src/scripting/interpreter.h"
#include "src/scripting/libraries.h"

namespace terrace::sandbox {
namespace {

// Its address is the key of the real table in the metatable of a protected one.
constexpr char kReal = 0;

constexpr const char* kReadOnly = "Attempt to modify a readonly table";

// Pushes the table behind a protected one, or nothing.
bool push_real(lua_State* L, int index) {
  if (!lua_istable(L, index) || !lua_getmetatable(L, index)) return false;
  lua_pushlightuserdata(L, const_cast<char*>(&kReal));
  lua_rawget(L, -2);
  lua_remove(L, -2);
  if (lua_istable(L, -1)) return true;
  lua_pop(L, 1);
  return false;
}

void refuse_protected(lua_State* L, int index) {
  if (push_real(L, index)) raise(L, kReadOnly);
}

int refuse_write(lua_State* L) {
  return luaL_error(L, "%s", kReadOnly);
}

int refuse_unknown_global(lua_State* L) {
  const char* name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
  return luaL_error(L, "Script attempted to access nonexistent global variable '%s'", name);
}

// --- replaced functions of the base library

int next(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (push_real(L, 1)) lua_replace(L, 1);
  return lua_next(L, 1) ? 2 : 1;
}

// The upvalue is Lua's own `next`, which loops run fastest with. Of a protected table a copy is walked.
int pairs(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (push_real(L, 1)) {
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 2)) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, 3);
    }
    lua_replace(L, 1);
    lua_settop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_pushnil(L);
  return 3;
}

int rawget(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  lua_settop(L, 2);
  if (push_real(L, 1)) lua_replace(L, 1);
  lua_rawget(L, 1);
  return 1;
}

int rawset(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkany(L, 2);
  luaL_checkany(L, 3);
  lua_settop(L, 3);
  refuse_protected(L, 1);
  lua_rawset(L, 1);
  return 1;
}

int setmetatable(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argcheck(L, lua_isnoneornil(L, 2) || lua_istable(L, 2), 2, "nil or table expected");
  lua_settop(L, 2);
  refuse_protected(L, 1);
  if (luaL_getmetafield(L, 1, "__metatable")) return luaL_error(L, "cannot change a protected metatable");
  lua_setmetatable(L, 1);
  return 1;
}

void check_stack(lua_State* L) {
  if (!Interpreter::of(L).has_stack()) luaL_error(L, "C stack overflow");
}

// The upvalue is Lua's own function, which calls Lua functions with much of the stack in use, or without any bound.
int with_stack(lua_State* L) {
  check_stack(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int coroutine_wrap(lua_State* L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  lua_pushcclosure(L, with_stack, 1);
  return 1;
}

// An error that is a table with a message is that message, as it was before errors were tables.
int pcall(lua_State* L) {
  luaL_checkany(L, 1);
  check_stack(L);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  if (lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0) == 0) return lua_gettop(L);
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, "err");
    lua_isstring(L, -1) ? lua_replace(L, -2) : lua_pop(L, 1);
  }
  lua_pushboolean(L, 0);
  lua_replace(L, 1);
  return 2;
}

// Changes of the collector's pace end with the script. The upvalue is Lua's own function.
int collectgarbage(lua_State* L) {
  Interpreter::of(L).note_collector_changed();
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

int load_text(lua_State* L, const char* text, std::size_t size, const char* name) {
  if (luaL_loadbufferx(L, text, size, name, "t") == 0) return 1;
  lua_pushnil(L);
  lua_insert(L, -2);
  return 2;
}

int loadstring(lua_State* L) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, 1, &size);
  return load_text(L, text, size, luaL_optstring(L, 2, text));
}

// The pieces that the function gives are put together first.
int load(lua_State* L) {
  const char* name = luaL_optstring(L, 2, "=(load)");
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 2);
  check_stack(L);
  lua_pushliteral(L, "");
  while (true) {
    lua_pushvalue(L, 1);
    lua_call(L, 0, 1);
    if (lua_isnil(L, -1) || (lua_isstring(L, -1) && lua_objlen(L, -1) == 0)) break;
    if (!lua_isstring(L, -1)) return luaL_error(L, "reader function must return a string");
    lua_concat(L, 2);
  }
  lua_pop(L, 1);
  std::size_t size = 0;
  const char* bytes = lua_tolstring(L, -1, &size);
  return load_text(L, bytes, size, name);
}

// --- replaced functions of the library `table`

int checked_size(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  refuse_protected(L, 1);
  return static_cast<int>(lua_objlen(L, 1));
}

int table_insert(lua_State* L) {
  const int size = checked_size(L);
  switch (lua_gettop(L)) {
    case 2:
      lua_rawseti(L, 1, size + 1);
      return 0;
    case 3: {
      const int place = luaL_checkint(L, 2);
      for (int i = std::max(size + 1, place); i > place; --i) {
        lua_rawgeti(L, 1, i - 1);
        lua_rawseti(L, 1, i);
      }
      lua_rawseti(L, 1, place);
      return 0;
    }
    default:
      return luaL_error(L, "wrong number of arguments to 'insert'");
  }
}

int table_setn(lua_State* L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  return luaL_error(L, "'setn' is obsolete");
}

// --- replaced functions of other libraries

int math_random(lua_State* L) {
  const std::int32_t number = Interpreter::of(L).random().next();
  const double share = static_cast<double>(number % Drand48::kMost) / Drand48::kMost;
  const int count = lua_gettop(L);
  if (count == 0) {
    lua_pushnumber(L, share);
    return 1;
  }
  if (count > 2) return luaL_error(L, "wrong number of arguments");
  const int least = count == 1 ? 1 : luaL_checkint(L, 1);
  const int most = luaL_checkint(L, count);
  luaL_argcheck(L, least <= most, count, "interval is empty");
  const double width = static_cast<double>(most) - least + 1;
  lua_pushnumber(L, std::floor(share * width) + least);
  return 1;
}

int math_randomseed(lua_State* L) {
  Interpreter::of(L).random().seed(luaL_checkint(L, 1));
  return 0;
}

// Lua's own gives nothing for the least integer.
int bit_tohex(lua_State* L) {
  constexpr std::int32_t kMostDigits = 8;
  lua_settop(L, 2);
  const std::int32_t wanted = lua_isnil(L, 2) ? kMostDigits : static_cast<std::int32_t>(luaL_checknumber(L, 2));
  lua_settop(L, 1);
  lua_getfield(L, lua_upvalueindex(1), "tobit");
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  std::uint32_t bits = static_cast<std::uint32_t>(static_cast<std::int32_t>(lua_tonumber(L, 1)));
  const char* digits = wanted < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  const auto count = static_cast<std::size_t>(std::min<std::int64_t>(std::abs(std::int64_t{wanted}), kMostDigits));
  char text[kMostDigits];
  for (std::size_t i = count; i > 0; bits >>= 4) text[--i] = digits[bits & 15];
  lua_pushlstring(L, text, count);
  return 1;
}

int os_clock(lua_State* L) {
  lua_pushnumber(L, static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  return 1;
}

// --- what scripts may use

constexpr const char* kBase[] = {"assert",   "error",    "gcinfo", "getmetatable", "ipairs", "rawequal", "select",
                                 "tonumber", "tostring", "type",   "unpack",       "xpcall", "_VERSION"};
constexpr const char* kString[] = {"byte",  "char",  "find", "format",  "gmatch", "len",
                                   "lower", "match", "rep",  "reverse", "sub",    "upper"};
constexpr const char* kTable[] = {"concat", "foreach", "foreachi", "getn", "maxn", "remove", "sort"};
constexpr const char* kMath[] = {"abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",   "cosh", "deg", "exp",
                                 "floor", "fmod", "frexp", "huge", "ldexp", "log",  "log10", "max",  "min", "modf",
                                 "pi",    "pow",  "rad",   "sin",  "sinh",  "sqrt", "tan",   "tanh"};
constexpr const char* kCoroutine[] = {"create", "running", "status", "yield"};
constexpr const char* kBit[] = {"arshift", "band", "bnot", "bor",    "bswap", "bxor",
                                "lshift",  "rol",  "ror",  "rshift", "tobit"};

// Pushes a table with these fields of the table at `source`.
template <std::size_t n>
void push_selected(lua_State* L, int source, const char* const (&names)[n]) {
  lua_createtable(L, 0, n);
  for (const char* name : names) {
    lua_getfield(L, source, name);
    lua_setfield(L, -2, name);
  }
}

void set_function(lua_State* L, const char* name, lua_CFunction function) {
  lua_pushcfunction(L, function);
  lua_setfield(L, -2, name);
}

// A function that has Lua's own one of the table at `source` as upvalue.
void set_wrapper(lua_State* L, int source, const char* name, const char* own, lua_CFunction function) {
  lua_getfield(L, source, own);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

void open_own(lua_State* L, lua_CFunction library, const char* name) {
  lua_pushcfunction(L, library);
  lua_pushstring(L, name);
  lua_call(L, 1, 0);
}

// A library with these functions of Lua's own, which is finished by finish_library().
template <std::size_t n>
void begin_library(lua_State* L, int own, const char* name, const char* const (&names)[n]) {
  lua_getfield(L, own, name);
  push_selected(L, lua_gettop(L), names);
}

// Protects the library on the stack and makes it a global.
void finish_library(lua_State* L, int globals, const char* name) {
  protect(L);
  lua_setfield(L, globals, name);
  lua_settop(L, globals);
}

void add_base(lua_State* L, int own) {
  set_function(L, "next", next);
  set_wrapper(L, own, "pairs", "next", pairs);
  set_wrapper(L, own, "collectgarbage", "collectgarbage", collectgarbage);
  set_function(L, "pcall", pcall);
  set_function(L, "rawget", rawget);
  set_function(L, "rawset", rawset);
  set_function(L, "setmetatable", setmetatable);
  set_function(L, "load", load);
  set_function(L, "loadstring", loadstring);
}

// Under a second name, which older programs use.
void add_old_name(lua_State* L, const char* old_name, const char* name) {
  lua_getfield(L, -1, name);
  lua_setfield(L, -2, old_name);
}

void add_libraries(lua_State* L, int own, int globals) {
  const int source = globals + 1;  // Lua's own library, while a part of it is taken
  begin_library(L, own, "string", kString);
  set_wrapper(L, source, "gsub", "gsub", with_stack);
  add_old_name(L, "gfind", "gmatch");
  finish_library(L, globals, "string");
  begin_library(L, own, "table", kTable);
  set_function(L, "insert", table_insert);
  set_function(L, "setn", table_setn);
  finish_library(L, globals, "table");
  begin_library(L, own, "math", kMath);
  add_old_name(L, "mod", "fmod");
  set_function(L, "random", math_random);
  set_function(L, "randomseed", math_randomseed);
  finish_library(L, globals, "math");
  begin_library(L, own, "bit", kBit);
  lua_getfield(L, own, "bit");
  lua_pushcclosure(L, bit_tohex, 1);
  lua_setfield(L, -2, "tohex");
  finish_library(L, globals, "bit");
  begin_library(L, own, "coroutine", kCoroutine);
  set_wrapper(L, source, "resume", "resume", with_stack);
  set_wrapper(L, source, "wrap", "wrap", coroutine_wrap);
  finish_library(L, globals, "coroutine");
  lua_createtable(L, 0, 1);
  set_function(L, "clock", os_clock);
  finish_library(L, globals, "os");
}

void add_other_libraries(lua_State* L, int globals) {
  push_cjson(L);
  finish_library(L, globals, "cjson");
  push_cmsgpack(L);
  finish_library(L, globals, "cmsgpack");
  push_struct(L);
  finish_library(L, globals, "struct");
}

// Methods of strings find the library; the metatable that scripts see is protected.
void protect_strings(lua_State* L) {
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_newtable(L);
  lua_getfield(L, -4, "string");
  lua_setfield(L, -2, "__index");
  protect(L);
  lua_setfield(L, -2, "__metatable");
  lua_getfield(L, -3, "string");
  push_real(L, lua_gettop(L));
  lua_setfield(L, -3, "__index");
  lua_pop(L, 3);
}

}  // namespace

void push_error(lua_State* L, std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  lua_createtable(L, 0, 4);
  lua_pushlstring(L, text.data(), text.size());
  lua_setfield(L, -2, "err");
}

int raise(lua_State* L, std::string_view text) {
  lua_pushliteral(L, "ERR ");
  lua_pushlstring(L, text.data(), text.size());
  lua_concat(L, 2);
  std::size_t size = 0;
  const char* whole = lua_tolstring(L, -1, &size);
  push_error(L, {whole, size});
  return lua_error(L);
}

void protect(lua_State* L) {
  lua_newtable(L);  // stands in the place of the real one
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_newtable(L);  // what getmetatable() shows
  lua_newtable(L);
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushlightuserdata(L, const_cast<char*>(&kReal));
  lua_newtable(L);
  lua_rawset(L, -3);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "__metatable");
  lua_pushlightuserdata(L, const_cast<char*>(&kReal));
  lua_pushvalue(L, -4);
  lua_rawset(L, -3);
  lua_setmetatable(L, -2);
  lua_remove(L, -2);
}

void open(lua_State* L) {
  open_own(L, luaopen_base, "");
  open_own(L, luaopen_string, LUA_STRLIBNAME);
  open_own(L, luaopen_table, LUA_TABLIBNAME);
  open_own(L, luaopen_math, LUA_MATHLIBNAME);
  open_own(L, luaopen_bit, LUA_BITLIBNAME);
  lua_pushvalue(L, LUA_GLOBALSINDEX);
  const int own = lua_gettop(L);
  push_selected(L, own, kBase);
  const int globals = lua_gettop(L);
  add_base(L, own);
  add_libraries(L, own, globals);
  add_other_libraries(L, globals);
  protect_strings(L);

  lua_newtable(L);
  lua_pushcfunction(L, refuse_unknown_global);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, globals);
  lua_pushvalue(L, globals);
  protect(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, globals, "_G");
  lua_replace(L, LUA_GLOBALSINDEX);
  lua_replace(L, own);
  lua_settop(L, own);
}

}  // namespace terrace::sandbox
