// The library `cjson`: values as JSON.
#include <strings.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>

#include "src/scripting/libraries.h"
#include "src/scripting/lua_buffer.h"

namespace terrace {
namespace {

// What scripts may set; an upvalue of all functions.
struct Settings {
  bool converts_sparse = false;  // to objects; otherwise they are an error
  int sparse_ratio = 2;
  int sparse_safe = 10;
  int encode_depth = 1000;
  int decode_depth = 1000;
  int precision = 14;
  bool keeps_buffer = true;
  int encodes_invalid = 0;  // 2: as null
  bool decodes_invalid = true;
};
// A deeper value would need more stack than there is.
constexpr int kMostDepth = 1000;

Settings& settings(lua_State* L) {
  return *static_cast<Settings*>(lua_touserdata(L, lua_upvalueindex(1)));
}

std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

// --- encoding

class Encoder {
 public:
  Encoder(lua_State* state, const Settings& chosen, LuaBuffer& out) : L(state), settings_(chosen), out_(out) {}

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
    if (depth > std::min(settings_.encode_depth, kMostDepth) || !lua_checkstack(L, 3)) {
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
  const Settings& settings_;
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

// --- decoding

struct Token {
  enum class Kind : std::uint8_t {
    kObjectBegin,
    kObjectEnd,
    kArrayBegin,
    kArrayEnd,
    kString,
    kNumber,
    kBoolean,
    kNull,
    kColon,
    kComma,
    kEnd,
    kError
  };
  Kind kind = Kind::kEnd;
  std::size_t at = 0;
  const char* error = nullptr;
  double number = 0;
  bool boolean = false;

  // As errors name it.
  const char* name() const {
    static constexpr const char* kNames[] = {"T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END",
                                             "T_STRING",    "T_NUMBER",  "T_BOOLEAN",   "T_NULL",
                                             "T_COLON",     "T_COMMA",   "T_END"};
    return kind == Kind::kError ? error : kNames[static_cast<std::size_t>(kind)];
  }
};
using Kind = Token::Kind;

class Decoder {
 public:
  // `text`: followed by a NUL, as Lua's strings are.
  Decoder(lua_State* state, const Settings& chosen, std::string_view text)
      : L(state), settings_(chosen), begin_(text.data()), at_(begin_), end_(begin_ + text.size()), unescaped_(state) {}

  // Pushes the one value of the text.
  void decode() {
    push_value(next());
    const Token last = next();
    if (last.kind != Kind::kEnd) fail("the end", last);
  }

 private:
  void fail(const char* expected, const Token& found) {
    luaL_error(L, "Expected %s but found %s at character %d", expected, found.name(), static_cast<int>(found.at) + 1);
  }

  Token token(Kind kind) const { return {.kind = kind, .at = static_cast<std::size_t>(at_ - begin_)}; }
  Token error(const char* text) const {
    return {.kind = Kind::kError, .at = static_cast<std::size_t>(at_ - begin_), .error = text};
  }
  bool starts_with(std::string_view word) const {
    return std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word);
  }
  Token word(Kind kind, std::size_t size, bool value = false) {
    Token found = token(kind);
    found.boolean = value;
    at_ += size;
    return found;
  }

  // A string is pushed.
  Token next() {
    while (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r') ++at_;
    switch (*at_) {
      case '{':
        return word(Kind::kObjectBegin, 1);
      case '}':
        return word(Kind::kObjectEnd, 1);
      case '[':
        return word(Kind::kArrayBegin, 1);
      case ']':
        return word(Kind::kArrayEnd, 1);
      case ':':
        return word(Kind::kColon, 1);
      case ',':
        return word(Kind::kComma, 1);
      case '"':
        return next_string();
      case '\0':
        return at_ == end_ ? token(Kind::kEnd) : error("invalid token");
      default:
        return next_word();
    }
  }

  Token next_word() {
    const bool digits = *at_ == '-' || (*at_ >= '0' && *at_ <= '9');
    if (digits) {
      return !settings_.decodes_invalid && is_invalid_number() ? error("invalid number") : next_number();
    }
    if (starts_with("true")) return word(Kind::kBoolean, 4, true);
    if (starts_with("false")) return word(Kind::kBoolean, 5, false);
    if (starts_with("null")) return word(Kind::kNull, 4);
    const bool may_be_number = std::strchr("iInN+", *at_) != nullptr;
    if (may_be_number && settings_.decodes_invalid && is_invalid_number()) return next_number();
    return error("invalid token");
  }

  // What strtod accepts and JSON does not.
  bool is_invalid_number() const {
    const char* p = at_;
    if (*p == '+') return true;
    if (*p == '-') ++p;
    if (*p == '0') return (p[1] | 0x20) == 'x' || (p[1] >= '0' && p[1] <= '9');
    if (*p >= '1' && *p <= '9') return false;
    return strncasecmp(p, "inf", 3) == 0 || strncasecmp(p, "nan", 3) == 0;
  }

  Token next_number() {
    char* end = nullptr;
    Token found = token(Kind::kNumber);
    found.number = std::strtod(at_, &end);
    if (end == at_) return error("invalid number");
    at_ = end;
    return found;
  }

  Token next_string() {
    Token found = token(Kind::kString);
    ++at_;
    const char* const begin = at_;
    while (*at_ != '"' && *at_ != '\\' && at_ < end_) ++at_;
    if (*at_ == '"') {
      lua_pushlstring(L, begin, static_cast<std::size_t>(at_++ - begin));
      return found;
    }
    unescaped_.clear();
    unescaped_.append(std::string_view(begin, static_cast<std::size_t>(at_ - begin)));
    while (*at_ != '"') {
      if (at_ == end_) return error("unexpected end of string");
      if (*at_ != '\\') {
        unescaped_.append(*at_++);
        continue;
      }
      if (at_[1] == 'u') {
        if (!append_unicode()) return error("invalid unicode escape code");
        continue;
      }
      const char plain = unescape(at_[1]);
      if (plain == 0) return error("invalid escape code");
      unescaped_.append(plain);
      at_ += 2;
    }
    ++at_;
    unescaped_.push_result();
    return found;
  }

  static char unescape(char code) {
    switch (code) {
      case '"':
      case '\\':
      case '/':
        return code;
      case 'b':
        return '\b';
      case 'f':
        return '\f';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      default:
        return 0;
    }
  }

  // -1: these are not four hexadecimal digits.
  static int hex4(const char* text) {
    int value = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = text[i];
      const int lower = c | 0x20;
      if (c >= '0' && c <= '9') {
        value = value * 16 + (c - '0');
      } else if (lower >= 'a' && lower <= 'f') {
        value = value * 16 + (lower - 'a' + 10);
      } else {
        return -1;
      }
    }
    return value;
  }

  // At "\uXXXX": appends it as UTF-8; a pair of surrogates is one character.
  bool append_unicode() {
    int code = hex4(at_ + 2);
    if (code < 0 || (code & 0xFC00) == 0xDC00) return false;
    std::size_t size = 6;
    if ((code & 0xFC00) == 0xD800) {
      if (at_[6] != '\\' || at_[7] != 'u') return false;
      const int low = hex4(at_ + 8);
      if (low < 0 || (low & 0xFC00) != 0xDC00) return false;
      code = ((code & 0x3FF) << 10) + (low & 0x3FF) + 0x10000;
      size = 12;
    }
    at_ += size;
    if (code < 0x80) {
      unescaped_.append(static_cast<char>(code));
    } else if (code < 0x800) {
      append_bytes({0xC0 | code >> 6, 0x80 | (code & 63)});
    } else if (code < 0x10000) {
      append_bytes({0xE0 | code >> 12, 0x80 | (code >> 6 & 63), 0x80 | (code & 63)});
    } else {
      append_bytes({0xF0 | code >> 18, 0x80 | (code >> 12 & 63), 0x80 | (code >> 6 & 63), 0x80 | (code & 63)});
    }
    return true;
  }
  void append_bytes(std::initializer_list<int> bytes) {
    for (const int byte : bytes) unescaped_.append(static_cast<char>(byte));
  }

  void push_value(const Token& found) {
    switch (found.kind) {
      case Kind::kString:
        return;
      case Kind::kNumber:
        return lua_pushnumber(L, found.number);
      case Kind::kBoolean:
        return lua_pushboolean(L, found.boolean);
      case Kind::kNull:
        return lua_pushlightuserdata(L, nullptr);
      case Kind::kObjectBegin:
        descend();
        push_object();
        --depth_;
        return;
      case Kind::kArrayBegin:
        descend();
        push_array();
        --depth_;
        return;
      default:
        fail("value", found);
    }
  }

  void descend() {
    ++depth_;
    if (depth_ <= std::min(settings_.decode_depth, kMostDepth) && lua_checkstack(L, 3)) return;
    luaL_error(L, "Found too many nested data structures (%d) at character %d", depth_, static_cast<int>(at_ - begin_));
  }

  void push_object() {
    lua_newtable(L);
    Token found = next();
    if (found.kind == Kind::kObjectEnd) return;
    while (true) {
      if (found.kind != Kind::kString) fail("object key string", found);
      found = next();
      if (found.kind != Kind::kColon) fail("colon", found);
      push_value(next());
      lua_rawset(L, -3);
      found = next();
      if (found.kind == Kind::kObjectEnd) return;
      if (found.kind != Kind::kComma) fail("comma or object end", found);
      found = next();
    }
  }

  void push_array() {
    lua_newtable(L);
    Token found = next();
    if (found.kind == Kind::kArrayEnd) return;
    for (int i = 1;; ++i) {
      push_value(found);
      lua_rawseti(L, -2, i);
      found = next();
      if (found.kind == Kind::kArrayEnd) return;
      if (found.kind != Kind::kComma) fail("comma or array end", found);
      found = next();
    }
  }

  lua_State* L;
  const Settings& settings_;
  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  LuaBuffer unescaped_;
};

int decode(lua_State* L) {
  luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
  luaL_checkstring(L, 1);
  const std::string_view text = text_at(L, 1);
  if (text.size() >= 2 && (text[0] == 0 || text[1] == 0)) {
    return luaL_error(L, "JSON parser does not support UTF-16 or UTF-32");
  }
  Decoder(L, settings(L), text).decode();
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

int integer_setting(lua_State* L, int Settings::*member, int least, int most) {
  luaL_argcheck(L, lua_gettop(L) <= 1, 2, "found too many arguments");
  set_integer(L, 1, settings(L).*member, least, most);
  lua_pushinteger(L, settings(L).*member);
  return 1;
}

int encode_sparse_array(lua_State* L) {
  luaL_argcheck(L, lua_gettop(L) <= 3, 4, "found too many arguments");
  Settings& chosen = settings(L);
  set_boolean(L, 1, chosen.converts_sparse);
  set_integer(L, 2, chosen.sparse_ratio, 0, INT32_MAX);
  set_integer(L, 3, chosen.sparse_safe, 0, INT32_MAX);
  lua_pushboolean(L, chosen.converts_sparse);
  lua_pushinteger(L, chosen.sparse_ratio);
  lua_pushinteger(L, chosen.sparse_safe);
  return 3;
}

int encode_max_depth(lua_State* L) {
  return integer_setting(L, &Settings::encode_depth, 1, INT32_MAX);
}
int decode_max_depth(lua_State* L) {
  return integer_setting(L, &Settings::decode_depth, 1, INT32_MAX);
}
int encode_number_precision(lua_State* L) {
  return integer_setting(L, &Settings::precision, 1, 14);
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

constexpr luaL_Reg kFunctions[] = {{"encode", encode},
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
  new (lua_newuserdata(state, sizeof(Settings))) Settings();
  for (const luaL_Reg& function : kFunctions) {
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
