#include "src/scripting/script_reply.h"

#include <cstdint>
#include <string>

#include "src/scripting/lua_text.h"
#include "src/scripting/sandbox.h"

namespace terrace {
namespace {

// As the processor converts: what does not fit is the least integer.
std::int64_t integer_of(double number) {
  constexpr double kEnd = 9223372036854775808.0;
  return number >= -kEnd && number < kEnd ? static_cast<std::int64_t>(number) : INT64_MIN;
}

// CR and LF would end the reply.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (c == '\r' || c == '\n') c = ' ';
  }
  return line;
}

// Is the table on top the error of a call?
bool is_counted(lua_State* L) {
  lua_pushstring(L, sandbox::kCounted);
  lua_rawget(L, -2);
  const bool counted = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return counted;
}

class ValueWriter {
 public:
  ValueWriter(lua_State* state, Reply& reply, ScriptRun& run)
      : L(state), reply_(reply), run_(run), script_protocol_(run.calling_session().protocol) {}

  // Takes the value from the stack.
  void write() {
    if (reply_.hopeless()) return lua_pop(L, 1);
    if (!lua_checkstack(L, 4)) {
      reply_.error("ERR reached lua stack limit");
      return lua_pop(L, 1);
    }
    switch (lua_type(L, -1)) {
      case LUA_TSTRING:
        reply_.bulk(text_at(L, -1));
        break;
      case LUA_TNUMBER:
        reply_.integer(integer_of(lua_tonumber(L, -1)));
        break;
      case LUA_TBOOLEAN:
        write_boolean(lua_toboolean(L, -1) != 0);
        break;
      case LUA_TTABLE:
        write_table();
        break;
      default:
        reply_.null();
    }
    lua_pop(L, 1);
  }

 private:
  void write_boolean(bool value) {
    if (script_protocol_ < 3) {
      value ? reply_.integer(1) : reply_.null();
    } else if (reply_.protocol() >= 3) {
      reply_.append(value ? "#t\r\n" : "#f\r\n");
    } else {
      reply_.integer(value ? 1 : 0);
    }
  }

  // Pushes the field of the table on top, if it has the type.
  bool field(const char* name, int type) {
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    if (lua_type(L, -1) == type) return true;
    lua_pop(L, 1);
    return false;
  }

  void write_table() {
    if (depth_ == kMostDepth) return reply_.error("ERR reached lua stack limit");
    ++depth_;
    if (field("err", LUA_TSTRING)) {
      const std::string text = one_line(text_at(L, -1));
      lua_pop(L, 1);
      run_.note_error(text, is_counted(L));
      reply_.error(text);
    } else if (field("ok", LUA_TSTRING)) {
      reply_.simple(one_line(text_at(L, -1)));
      lua_pop(L, 1);
    } else if (field("double", LUA_TNUMBER)) {
      reply_.real(lua_tonumber(L, -1));
      lua_pop(L, 1);
    } else if (field("map", LUA_TTABLE)) {
      write_pairs(true);
    } else if (field("set", LUA_TTABLE)) {
      write_pairs(false);
    } else if (field("big_number", LUA_TSTRING)) {
      const std::string digits = one_line(text_at(L, -1));
      reply_.protocol() >= 3 ? reply_.append("(" + digits + "\r\n") : reply_.bulk(digits);
      lua_pop(L, 1);
    } else if (!write_verbatim()) {
      write_array();
    }
    --depth_;
  }

  bool write_verbatim() {
    if (!field("verbatim_string", LUA_TTABLE)) return false;
    const bool has_text = field("string", LUA_TSTRING);
    if (has_text) {
      lua_insert(L, -2);
      const bool has_format = field("format", LUA_TSTRING);
      if (has_format) {
        std::string format = one_line(text_at(L, -1)).substr(0, 3);
        format.resize(3, ' ');
        reply_.verbatim(text_at(L, -3), format);
        lua_pop(L, 3);
        return true;
      }
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return false;
  }

  // The table on top, which is taken.
  void write_pairs(bool with_values) {
    std::size_t count = 0;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) ++count;
    with_values ? reply_.map(count) : reply_.set(count);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      lua_pushvalue(L, -2);
      if (!with_values) lua_remove(L, -2);
      write_key_then_value(with_values);
    }
    lua_pop(L, 1);
  }

  // Above the key for the loop: [value,] a copy of the key.
  void write_key_then_value(bool with_value) {
    write();
    if (with_value) write();
  }

  // Up to the first nil.
  void write_array() {
    int count = 0;
    while (true) {
      lua_rawgeti(L, -1, count + 1);
      const bool end = lua_isnil(L, -1);
      lua_pop(L, 1);
      if (end) break;
      ++count;
    }
    reply_.array(static_cast<std::size_t>(count));
    for (int i = 1; i <= count; ++i) {
      lua_rawgeti(L, -1, i);
      write();
    }
  }

  static constexpr int kMostDepth = 1000;

  lua_State* L;
  Reply& reply_;
  ScriptRun& run_;
  int script_protocol_;  // what the script has set by redis.setresp()
  int depth_ = 0;
};

}  // namespace

void reply_value(lua_State* state, Reply& reply, ScriptRun& run) {
  ValueWriter(state, reply, run).write();
}

void reply_error(lua_State* L, Reply& reply, ScriptRun& run, std::string_view script_name) {
  if (!lua_istable(L, -1)) {
    const std::string_view text = text_at(L, -1);
    const std::string message =
        "ERR " + one_line(text.empty() ? "unknown error" : text) + " script: " + std::string(script_name);
    run.note_error(message, false);
    reply.error(message);
    return lua_pop(L, 1);
  }
  const auto field = [L](const char* name) {
    lua_pushstring(L, name);
    lua_rawget(L, -2);
    const std::string text = one_line(text_at(L, -1));
    lua_pop(L, 1);
    return text;
  };
  std::string message = field("err");
  if (message.empty()) message = "ERR unknown error";
  message += " script: " + std::string(script_name);
  const std::string source = field("source"), line = field("line");
  if (!source.empty() && !line.empty()) message += ", on " + source + ":" + line + ".";
  run.note_error(message, is_counted(L));
  reply.error(message);
  lua_pop(L, 1);
}

}  // namespace terrace
