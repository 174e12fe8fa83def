#include "src/scripting/json_decoder.h"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "src/scripting/lua_buffer.h"

namespace terrace {
namespace {

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
  Decoder(lua_State* state, const JsonSettings& chosen, std::string_view text)
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
    if (depth_ <= std::min(settings_.decode_depth, JsonSettings::kMostDepth) && lua_checkstack(L, 3)) return;
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
  const JsonSettings& settings_;
  const char* begin_;
  const char* at_;
  const char* end_;
  int depth_ = 0;
  LuaBuffer unescaped_;
};

}  // namespace

void decode_json(lua_State* state, const JsonSettings& settings, std::string_view text) {
  Decoder(state, settings, text).decode();
}

}  // namespace terrace
