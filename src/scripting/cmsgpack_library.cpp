// The library `cmsgpack`: values as MessagePack (github.com/msgpack/msgpack/blob/master/spec.md).
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "src/scripting/libraries.h"
#include "src/scripting/lua_buffer.h"
#include "src/scripting/lua_text.h"

namespace terrace {
namespace {

// Deeper tables are packed as nil, as in Redis.
constexpr int kMostDepth = 16;

class Packer {
 public:
  Packer(lua_State* state, LuaBuffer& out) : L(state), out_(out) {}

  // The value on top of the stack, which it takes.
  void pack(int depth) {
    luaL_checkstack(L, 4, "in function mp_encode_lua_type");
    switch (depth == kMostDepth && lua_istable(L, -1) ? LUA_TNIL : lua_type(L, -1)) {
      case LUA_TSTRING:
        pack_text(text_at(L, -1));
        break;
      case LUA_TBOOLEAN:
        out_.append(lua_toboolean(L, -1) ? '\xc3' : '\xc2');
        break;
      case LUA_TNUMBER:
        pack_number(lua_tonumber(L, -1));
        break;
      case LUA_TTABLE:
        is_array() ? pack_array(depth) : pack_map(depth);
        break;
      default:
        out_.append('\xc0');
    }
    lua_pop(L, 1);
  }

 private:
  void header(unsigned char kind, std::uint64_t number, std::size_t bytes) {
    out_.append(static_cast<char>(kind));
    out_.append_big_endian(number, bytes);
  }

  // A size in the shortest form: in the kind itself, or behind it in 1, 2 or 4 bytes.
  void sized(unsigned char small, std::size_t most_small, unsigned char kind8, unsigned char kind16,
             std::uint64_t size) {
    if (size <= most_small) {
      out_.append(static_cast<char>(small | size));
    } else if (kind8 != 0 && size <= 0xff) {
      header(kind8, size, 1);
    } else if (size <= 0xffff) {
      header(kind16, size, 2);
    } else {
      header(static_cast<unsigned char>(kind16 + 1), size, 4);
    }
  }

  void pack_text(std::string_view text) {
    sized(0xa0, 31, 0xd9, 0xda, text.size());
    out_.append(text);
  }

  void pack_number(double number) {
    constexpr double kTwoTo63 = 9223372036854775808.0;
    if (number >= -kTwoTo63 && number < kTwoTo63 && std::trunc(number) == number) {
      return pack_integer(static_cast<std::int64_t>(number));
    }
    const auto single = static_cast<float>(number);
    if (static_cast<double>(single) == number) {
      header(0xca, std::bit_cast<std::uint32_t>(single), 4);
    } else {
      header(0xcb, std::bit_cast<std::uint64_t>(number), 8);
    }
  }

  void pack_integer(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    if (number >= -32 && number <= 127) return out_.append(static_cast<char>(number));
    const unsigned char kind = number >= 0 ? 0xcc : 0xd0;
    std::size_t log = 0;
    for (; log < 3; ++log) {
      const unsigned width = 8u << log;
      const bool fits = number >= 0 ? (bits >> width) == 0 : number >= -(std::int64_t{1} << (width - 1));
      if (fits) break;
    }
    header(static_cast<unsigned char>(kind + log), bits, std::size_t{1} << log);
  }

  bool is_array() {
    std::int64_t count = 0, most = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      const double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
      if (!(key > 0) || std::trunc(key) != key || key > 4294967295.0) {
        lua_pop(L, 2);
        return false;
      }
      most = std::max(most, static_cast<std::int64_t>(key));
      ++count;
    }
    return most == count;
  }

  void pack_array(int depth) {
    const std::size_t count = lua_objlen(L, -1);
    sized(0x90, 15, 0, 0xdc, count);
    for (std::size_t i = 1; i <= count; ++i) {
      lua_rawgeti(L, -1, static_cast<int>(i));
      pack(depth + 1);
    }
  }

  void pack_map(int depth) {
    std::size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) ++count;
    sized(0x80, 15, 0, 0xde, count);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      lua_pushvalue(L, -2);
      pack(depth + 1);
      pack(depth + 1);
    }
  }

  lua_State* L;
  LuaBuffer& out_;
};

class Unpacker {
 public:
  Unpacker(lua_State* state, std::string_view bytes) : L(state), at_(bytes.data()), end_(at_ + bytes.size()) {}

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  void push(int depth = 0) {
    luaL_checkstack(L, 4, "too many return values at once; use unpack_one or unpack_limit instead.");
    if (depth > kMostNested) luaL_error(L, "Bad data format in input.");
    const auto kind = static_cast<unsigned char>(*take(1));
    if (kind <= 0x7f) return lua_pushnumber(L, kind);
    if (kind >= 0xe0) return lua_pushnumber(L, static_cast<std::int8_t>(kind));
    if (kind <= 0x8f) return push_map(kind & 15, depth);
    if (kind <= 0x9f) return push_array(kind & 15, depth);
    if (kind <= 0xbf) return push_text(kind & 31);
    switch (kind) {
      case 0xc0:
        return lua_pushnil(L);
      case 0xc2:
      case 0xc3:
        return lua_pushboolean(L, kind == 0xc3);
      case 0xca:
        return lua_pushnumber(L, std::bit_cast<float>(static_cast<std::uint32_t>(number(4))));
      case 0xcb:
        return lua_pushnumber(L, std::bit_cast<double>(number(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return lua_pushnumber(L, static_cast<double>(number(std::size_t{1} << (kind - 0xcc))));
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return push_signed(std::size_t{1} << (kind - 0xd0));
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return push_text(number(std::size_t{1} << (kind - 0xc4)));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return push_text(number(std::size_t{1} << (kind - 0xd9)));
      case 0xdc:
      case 0xdd:
        return push_array(number(kind == 0xdc ? 2 : 4), depth);
      case 0xde:
      case 0xdf:
        return push_map(number(kind == 0xde ? 2 : 4), depth);
      default:
        luaL_error(L, "Bad data format in input.");
    }
  }

 private:
  static constexpr int kMostNested = 1000;

  const char* take(std::uint64_t count) {
    if (count > left()) luaL_error(L, "Missing bytes in input.");
    const char* const begin = at_;
    at_ += count;
    return begin;
  }

  std::uint64_t number(std::size_t bytes) {
    const char* const begin = take(bytes);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = (value << 8) | static_cast<unsigned char>(begin[i]);
    return value;
  }

  void push_signed(std::size_t bytes) {
    const unsigned unused = static_cast<unsigned>(64 - 8 * bytes);
    lua_pushnumber(L, static_cast<double>(static_cast<std::int64_t>(number(bytes) << unused) >> unused));
  }

  void push_text(std::uint64_t size) {
    const char* const begin = take(size);
    lua_pushlstring(L, begin, size);
  }

  // The table grows with what is there: the announced size may be a lie.
  void push_array(std::uint64_t count, int depth) {
    lua_newtable(L);
    for (std::uint64_t i = 1; i <= count; ++i) {
      push(depth + 1);
      lua_rawseti(L, -2, static_cast<int>(i));
    }
  }

  void push_map(std::uint64_t count, int depth) {
    lua_newtable(L);
    for (std::uint64_t i = 0; i < count; ++i) {
      push(depth + 1);
      push(depth + 1);
      if (lua_isnil(L, -2)) luaL_error(L, "table index is nil");
      lua_settable(L, -3);
    }
  }

  lua_State* L;
  const char* at_;
  const char* end_;
};

int pack(lua_State* L) {
  const int count = lua_gettop(L);
  if (count == 0) return luaL_argerror(L, 0, "MessagePack pack needs input.");
  LuaBuffer out(L);
  Packer packer(L, out);
  for (int i = 1; i <= count; ++i) {
    luaL_checkstack(L, 1, "in function mp_check");
    lua_pushvalue(L, i);
    packer.pack(0);
  }
  out.push_result();
  return 1;
}

// `limit` 0: all values.
int unpack_some(lua_State* L, lua_Integer limit, lua_Integer offset) {
  const std::string_view bytes = (luaL_checkstring(L, 1), text_at(L, 1));
  if (offset < 0 || limit < 0) {
    return luaL_error(L, "Invalid request to unpack with offset of %d and limit of %d.", static_cast<int>(offset),
                      static_cast<int>(limit));
  }
  if (static_cast<std::size_t>(offset) > bytes.size()) {
    return luaL_error(L, "Start offset %d greater than input length %d.", static_cast<int>(offset),
                      static_cast<int>(bytes.size()));
  }
  const bool all = limit == 0 && offset == 0;
  lua_settop(L, 1);
  if (!all) lua_pushnil(L);  // for the offset behind what is unpacked
  Unpacker unpacker(L, bytes.substr(static_cast<std::size_t>(offset)));
  lua_Integer count = 0;
  for (; unpacker.left() > 0 && (all || count < limit); ++count) unpacker.push();
  if (all) return static_cast<int>(count);
  const std::size_t left = unpacker.left();
  lua_pushinteger(L, left == 0 ? -1 : static_cast<lua_Integer>(bytes.size() - left));
  lua_replace(L, 2);
  return static_cast<int>(count) + 1;
}

int unpack(lua_State* L) {
  return unpack_some(L, 0, 0);
}
int unpack_one(lua_State* L) {
  return unpack_some(L, 1, luaL_optinteger(L, 2, 0));
}
int unpack_limit(lua_State* L) {
  const lua_Integer limit = luaL_checkinteger(L, 2);
  return unpack_some(L, limit, luaL_optinteger(L, 3, 0));
}

constexpr luaL_Reg kCmsgpackFunctions[] = {
    {"pack", pack}, {"unpack", unpack}, {"unpack_one", unpack_one}, {"unpack_limit", unpack_limit}};
constexpr const char* kCmsgpackConstants[][2] = {{"_NAME", "cmsgpack"},
                                                 {"_VERSION", "lua-cmsgpack 0.4.0"},
                                                 {"_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"},
                                                 {"_DESCRIPTION", "MessagePack C implementation for Lua"}};

}  // namespace

void push_cmsgpack(lua_State* state) {
  lua_newtable(state);
  for (const luaL_Reg& function : kCmsgpackFunctions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
  for (const auto& constant : kCmsgpackConstants) {
    lua_pushstring(state, constant[1]);
    lua_setfield(state, -2, constant[0]);
  }
}

}  // namespace terrace
