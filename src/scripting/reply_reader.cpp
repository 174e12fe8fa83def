#include "src/scripting/reply_reader.h"

#include <charconv>
#include <cstdint>
#include <cstdlib>

#include "src/scripting/sandbox.h"

namespace terrace {
namespace {

class ReplyReader {
 public:
  ReplyReader(lua_State* state, std::string_view resp) : L(state), at_(resp.data()), end_(at_ + resp.size()) {}

  void push() {
    luaL_checkstack(L, 6, "too many nested replies");
    switch (*at_++) {
      case ':':
        return lua_pushnumber(L, static_cast<double>(integer()));
      case '$':
        return push_bulk();
      case '+':
        return push_field("ok", line());
      case '-':
        sandbox::push_error(L, line());
        lua_pushboolean(L, 1);
        return lua_setfield(L, -2, sandbox::kCounted);
      case '*':
        return push_array();
      case '_':
        line();
        return lua_pushnil(L);
      case '#':
        return lua_pushboolean(L, line() == "t");
      case ',':
        return push_double();
      case '(':
        return push_field("big_number", line());
      case '=':
        return push_verbatim();
      case '%':
        return push_map();
      case '~':
        return push_set();
      default:
        return lua_pushnil(L);
    }
  }

 private:
  std::string_view line() {
    const char* begin = at_;
    while (*at_ != '\r') ++at_;
    const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
    at_ += 2;
    return text;
  }

  std::int64_t integer() {
    const std::string_view text = line();
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

  std::string_view bytes(std::int64_t size) {
    const std::string_view text(at_, static_cast<std::size_t>(size));
    at_ += size + 2;
    return text;
  }

  void push_field(const char* name, std::string_view text) {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
  }

  void push_bulk() {
    const std::int64_t size = integer();
    if (size < 0) return lua_pushboolean(L, 0);
    const std::string_view text = bytes(size);
    lua_pushlstring(L, text.data(), text.size());
  }

  void push_double() {
    const std::string text(line());
    lua_createtable(L, 0, 1);
    lua_pushnumber(L, std::strtod(text.c_str(), nullptr));
    lua_setfield(L, -2, "double");
  }

  void push_verbatim() {
    const std::string_view text = bytes(integer());
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, 2);
    lua_pushlstring(L, text.data() + 4, text.size() - 4);
    lua_setfield(L, -2, "string");
    lua_pushlstring(L, text.data(), 3);
    lua_setfield(L, -2, "format");
    lua_setfield(L, -2, "verbatim_string");
  }

  void push_array() {
    const std::int64_t count = integer();
    if (count < 0) return lua_pushboolean(L, 0);
    lua_createtable(L, static_cast<int>(count), 0);
    for (int i = 1; i <= count; ++i) {
      push();
      lua_rawseti(L, -2, i);
    }
  }

  void push_map() {
    const std::int64_t count = integer();
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, static_cast<int>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      push();
      push();
      lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "map");
  }

  void push_set() {
    const std::int64_t count = integer();
    lua_createtable(L, 0, 1);
    lua_createtable(L, 0, static_cast<int>(count));
    for (std::int64_t i = 0; i < count; ++i) {
      push();
      lua_pushboolean(L, 1);
      lua_rawset(L, -3);
    }
    lua_setfield(L, -2, "set");
  }

  lua_State* L;
  const char* at_;
  const char* end_;
};

}  // namespace

void push_reply(lua_State* state, std::string_view resp) {
  ReplyReader(state, resp).push();
}

}  // namespace terrace
