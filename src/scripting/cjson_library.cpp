// The library `cjson`: values as JSON.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "src/scripting/json_decoder.h"
#include "src/scripting/libraries.h"
#include "src/scripting/lua_buffer.h"
#include "src/scripting/lua_text.h"

namespace terrace {
namespace {

JsonSettings& settings(lua_State* L) {
  return *static_cast<JsonSettings*>(lua_touserdata(L, lua_upvalueindex(1)));
}

// --- encoding

class Encoder {
 public:
  Encoder(lua_State* state, const JsonSettings& chosen, LuaBuffer& out) : L(state), settings_(chosen), out_(out) {}

  // The value on top of the stack stays.
  void encode(int depth) {
    switch (lua_type(L, -1)) {
      case LUA_TSTRING:
        return encode_text(text_at(L, -1));
      case LUA_TNUMBER:
        return encode_number(lua_tonumber(L, -1));
      case LUA_TBOOLEAN:
        return out_.append(lua_toboolean(L, -1) ? std::string_view("true") : std::string_view("false"));
      case LUA_TTABLE:
        return encode_table(depth + 1);
      case LUA_TNIL:
        return out_.append(std::string_view("null"));
      case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, -1) == nullptr) return out_.append(std::string_view("null"));
        [[fallthrough]];
      default:
        fail("type not supported");
    }
  }

 private:
  void fail(const char* reason) { luaL_error(L, "Cannot serialise %s: %s", luaL_typename(L, -1), reason); }

  void encode_text(std::string_view text) {
    out_.append('"');
    for (const char c : text) {
      switch (c) {
        case '"':
          out_.append(std::string_view("\\\""));
          break;
        case '\\':
          out_.append(std::string_view("\\\\"));
          break;
        case '/':
          out_.append(std::string_view("\\/"));
          break;
        case '\b':
          out_.append(std::string_view("\\b"));
          break;
        case '\f':
          out_.append(std::string_view("\\f"));
          break;
        case '\n':
          out_.append(std::string_view("\\n"));
          break;
        case '\r':
          out_.append(std::string_view("\\r"));
          break;
        case '\t':
          out_.append(std::string_view("\\t"));
          break;
        default:
          is_control(c) ? encode_control(c) : out_.append(c);
      }
    }
    out_.append('"');
  }

  static bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }
  void encode_control(char c) {
    const char* const digits = "0123456789abcdef";
    const char escape[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 15]};
    out_.append(std::string_view(escape, sizeof escape));
  }

  void append_digits(double number) {
    char digits[64];
    const int size = std::snprintf(digits, sizeof digits, "%.*g", settings_.precision, number);
    out_.append(std::string_view(digits, static_cast<std::size_t>(size)));
  }

  void encode_number(double number) {
    if (!std::isfinite(number)) {
      if (settings_.encodes_invalid == 0) return fail("must not be NaN or Inf");
      if (settings_.encodes_invalid == 2) return out_.append(std::string_view("null"));
      if (std::isnan(number)) return out_.append(std::string_view("nan"));
    }
    append_digits(number);
  }

  // The largest index of an array; -1: the table is no array.
  std::int64_t array_size() {
    std::int64_t most = 0, count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1), ++count) {
      const double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
      if (!(key >= 1) || std::floor(key) != key || key > 2147483647.0) {
        lua_pop(L, 2);
        return -1;
      }
      most = std::max(most, static_cast<std::int64_t>(key));
    }
    if (settings_.sparse_ratio > 0 && most > count * settings_.sparse_ratio && most > settings_.sparse_safe) {
      if (!settings_.converts_sparse) fail("excessively sparse array");
      return -1;
    }
    return most;
  }

  void encode_table(int depth) {
    if (depth > std::min(settings_.encode_depth, JsonSettings::kMostDepth) || !lua_checkstack(L, 3)) {
      luaL_error(L, "Cannot serialise, excessive nesting (%d)", depth);
    }
    const std::int64_t size = array_size();
    size > 0 ? encode_array(size, depth) : encode_object(depth);
  }

  void encode_array(std::int64_t size, int depth) {
    out_.append('[');
    for (std::int64_t i = 1; i <= size; ++i) {
      if (i > 1) out_.append(',');
      lua_rawgeti(L, -1, static_cast<int>(i));
      encode(depth);
      lua_pop(L, 1);
    }
    out_.append(']');
  }

  void encode_object(int depth) {
    bool first = true;
    out_.append('{');
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      if (!first) out_.append(',');
      first = false;
      if (lua_type(L, -2) == LUA_TNUMBER) {
        out_.append('"');
        append_digits(lua_tonumber(L, -2));
        out_.append('"');
      } else if (lua_type(L, -2) == LUA_TSTRING) {
        encode_text(text_at(L, -2));
      } else {
        luaL_error(L, "Cannot serialise %s: table key must be a number or string", luaL_typename(L, -2));
      }
      out_.append(':');
      encode(depth);
    }
    out_.append('}');
  }

  lua_State* L;
  const JsonSettings& settings_;
  LuaBuffer& out_;
};

int encode(lua_State* L) {
  luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
  LuaBuffer out(L);
  lua_pushvalue(L, 1);
  Encoder(L, settings(L), out).encode(0);
  out.push_result();
  return 1;
}

int decode(lua_State* L) {
  luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
  luaL_checkstring(L, 1);
  const std::string_view text = text_at(L, 1);
  if (text.size() >= 2 && (text[0] == 0 || text[1] == 0)) {
    return luaL_error(L, "JSON parser does not support UTF-16 or UTF-32");
  }
  decode_json(L, settings(L), text);
  return 1;
}

// --- settings: each function sets what its arguments give, and returns what is set

void set_integer(lua_State* L, int argument, int& value, int least, int most) {
  if (lua_isnoneornil(L, argument)) return;
  const lua_Integer wanted = luaL_checkinteger(L, argument);
  if (wanted < least || wanted > most) {
    lua_pushfstring(L, "expected integer between %d and %d", least, most);
    luaL_argerror(L, argument, lua_tostring(L, -1));
  }
  value = static_cast<int>(wanted);
}

void set_boolean(lua_State* L, int argument, bool& value) {
  if (!lua_isnoneornil(L, argument)) value = lua_toboolean(L, argument) != 0;
}

int integer_setting(lua_State* L, int JsonSettings::*member, int least, int most) {
  luaL_argcheck(L, lua_gettop(L) <= 1, 2, "found too many arguments");
  set_integer(L, 1, settings(L).*member, least, most);
  lua_pushinteger(L, settings(L).*member);
  return 1;
}

int encode_sparse_array(lua_State* L) {
  luaL_argcheck(L, lua_gettop(L) <= 3, 4, "found too many arguments");
  JsonSettings& chosen = settings(L);
  set_boolean(L, 1, chosen.converts_sparse);
  set_integer(L, 2, chosen.sparse_ratio, 0, INT32_MAX);
  set_integer(L, 3, chosen.sparse_safe, 0, INT32_MAX);
  lua_pushboolean(L, chosen.converts_sparse);
  lua_pushinteger(L, chosen.sparse_ratio);
  lua_pushinteger(L, chosen.sparse_safe);
  return 3;
}

int encode_max_depth(lua_State* L) {
  return integer_setting(L, &JsonSettings::encode_depth, 1, INT32_MAX);
}
int decode_max_depth(lua_State* L) {
  return integer_setting(L, &JsonSettings::decode_depth, 1, INT32_MAX);
}
int encode_number_precision(lua_State* L) {
  return integer_setting(L, &JsonSettings::precision, 1, 14);
}

int encode_keep_buffer(lua_State* L) {
  set_boolean(L, 1, settings(L).keeps_buffer);
  lua_pushboolean(L, settings(L).keeps_buffer);
  return 1;
}

int encode_invalid_numbers(lua_State* L) {
  int& value = settings(L).encodes_invalid;
  if (lua_isboolean(L, 1)) {
    value = lua_toboolean(L, 1);
  } else if (!lua_isnoneornil(L, 1)) {
    static constexpr const char* kChoices[] = {"off", "on", "null", nullptr};
    value = luaL_checkoption(L, 1, nullptr, kChoices);
  }
  value == 2 ? lua_pushliteral(L, "null") : lua_pushboolean(L, value);
  return 1;
}

int decode_invalid_numbers(lua_State* L) {
  set_boolean(L, 1, settings(L).decodes_invalid);
  lua_pushboolean(L, settings(L).decodes_invalid);
  return 1;
}

int make_new(lua_State* L) {
  push_cjson(L);
  return 1;
}

constexpr luaL_Reg kCjsonFunctions[] = {{"encode", encode},
                                        {"decode", decode},
                                        {"encode_sparse_array", encode_sparse_array},
                                        {"encode_max_depth", encode_max_depth},
                                        {"decode_max_depth", decode_max_depth},
                                        {"encode_number_precision", encode_number_precision},
                                        {"encode_keep_buffer", encode_keep_buffer},
                                        {"encode_invalid_numbers", encode_invalid_numbers},
                                        {"decode_invalid_numbers", decode_invalid_numbers},
                                        {"new", make_new}};

}  // namespace

void push_cjson(lua_State* state) {
  lua_newtable(state);
  *static_cast<JsonSettings*>(lua_newuserdata(state, sizeof(JsonSettings))) = JsonSettings();
  for (const luaL_Reg& function : kCjsonFunctions) {
    lua_pushvalue(state, -1);
    lua_pushcclosure(state, function.func, 1);
    lua_setfield(state, -3, function.name);
  }
  lua_pop(state, 1);
  lua_pushlightuserdata(state, nullptr);
  lua_setfield(state, -2, "null");
  lua_pushliteral(state, "cjson");
  lua_setfield(state, -2, "_NAME");
  lua_pushliteral(state, "2.1.0");
  lua_setfield(state, -2, "_VERSION");
}

}  // namespace terrace
