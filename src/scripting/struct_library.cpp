// The library `struct`: numbers and strings as the bytes of a C structure.
#include <algorithm>
#include <bit>
#include <cctype>
#include <climits>
#include <cstdint>
#include <cstring>

#include "src/scripting/libraries.h"
#include "src/scripting/lua_buffer.h"

namespace terrace {
namespace {

constexpr int kMostInteger = 32;
constexpr int kDefaultAlignment = 8;

// Reads a format; the first argument of each function.
class Format {
 public:
  explicit Format(lua_State* state) : L(state), at_(luaL_checkstring(state, 1)) {}

  // The next option that stands for bytes, 0 at the end. Options that change the layout are carried out.
  char next() {
    while (*at_ != 0) {
      const char option = *at_++;
      size_ = size_of(option);
      if (std::strchr("bBhHlLTiIfdxcs", option) != nullptr) return option;
      change_layout(option);
    }
    return 0;
  }
  std::size_t size() const { return size_; }
  bool big_endian() const { return big_endian_; }
  // Bytes to pass over before the option at this offset.
  std::size_t padding(std::size_t offset, char option) const {
    if (size_ == 0 || option == 'c') return 0;
    const std::size_t unit = std::min(size_, alignment_);
    return (unit - (offset & (unit - 1))) & (unit - 1);
  }

 private:
  int number(int otherwise) {
    if (!std::isdigit(static_cast<unsigned char>(*at_))) return otherwise;
    int value = 0;
    while (std::isdigit(static_cast<unsigned char>(*at_))) {
      const int digit = *at_++ - '0';
      if (value > INT_MAX / 10 || value * 10 > INT_MAX - digit) luaL_error(L, "integral size overflow");
      value = value * 10 + digit;
    }
    return value;
  }

  std::size_t size_of(char option) {
    switch (option) {
      case 'B':
      case 'b':
      case 'x':
        return 1;
      case 'H':
      case 'h':
        return 2;
      case 'f':
        return 4;
      case 'L':
      case 'l':
      case 'T':
      case 'd':
        return 8;
      case 'c':
        return static_cast<std::size_t>(number(1));
      case 'i':
      case 'I': {
        const int size = number(sizeof(int));
        if (size > kMostInteger) luaL_error(L, "integral size %d is larger than limit of %d", size, kMostInteger);
        return static_cast<std::size_t>(size);
      }
      default:
        return 0;
    }
  }

  void change_layout(char option) {
    switch (option) {
      case ' ':
        return;
      case '>':
        big_endian_ = true;
        return;
      case '<':
        big_endian_ = false;
        return;
      case '!': {
        const int alignment = number(kDefaultAlignment);
        if (alignment <= 0 || (alignment & (alignment - 1)) != 0) {
          luaL_error(L, "alignment %d is not a power of 2", alignment);
        }
        alignment_ = static_cast<std::size_t>(alignment);
        return;
      }
      default:
        luaL_argerror(L, 1, lua_pushfstring(L, "invalid format option '%c'", option));
    }
  }

  lua_State* L;
  const char* at_;
  std::size_t size_ = 0;
  std::size_t alignment_ = 1;
  bool big_endian_ = false;
};

std::uint64_t bits_of(double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= kTwoTo63) return number < 2 * kTwoTo63 ? static_cast<std::uint64_t>(number) : 0;
  if (!(number >= -kTwoTo63)) return std::uint64_t{1} << 63;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
}

void put(LuaBuffer& out, std::uint64_t bits, std::size_t size, bool big_endian) {
  char bytes[kMostInteger];
  for (std::size_t i = 0; i < size; ++i) {
    bytes[big_endian ? size - 1 - i : i] = static_cast<char>(i < sizeof bits ? bits >> (8 * i) : 0);
  }
  out.append(std::string_view(bytes, size));
}

std::uint64_t get(const char* bytes, std::size_t size, bool big_endian) {
  std::uint64_t bits = 0;
  for (std::size_t i = std::min(size, sizeof bits); i > 0; --i) {
    bits = (bits << 8) | static_cast<unsigned char>(bytes[big_endian ? size - i : i - 1]);
  }
  return bits;
}

int pack(lua_State* L) {
  Format format(L);
  lua_pushnil(L);  // arguments that are missing are nil for the checks
  LuaBuffer out(L);
  int argument = 2;
  while (const char option = format.next()) {
    for (std::size_t i = format.padding(out.size(), option); i > 0; --i) out.append('\0');
    switch (option) {
      case 'x':
        out.append('\0');
        break;
      case 'f':
        put(out, std::bit_cast<std::uint32_t>(static_cast<float>(luaL_checknumber(L, argument++))), 4,
            format.big_endian());
        break;
      case 'd':
        put(out, std::bit_cast<std::uint64_t>(luaL_checknumber(L, argument++)), 8, format.big_endian());
        break;
      case 'c':
      case 's': {
        std::size_t length = 0;
        const char* text = luaL_checklstring(L, argument++, &length);
        const std::size_t size = format.size() == 0 ? length : format.size();
        luaL_argcheck(L, length >= size, argument, "string too short");
        out.append(std::string_view(text, size));
        if (option == 's') out.append('\0');
        break;
      }
      default:
        put(out, bits_of(luaL_checknumber(L, argument++)), format.size(), format.big_endian());
    }
  }
  out.push_result();
  return 1;
}

double signed_value(std::uint64_t bits, std::size_t size) {
  const std::size_t unused = size >= sizeof bits ? 0 : 8 * (sizeof bits - size);
  if (size == 0) return 0;
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

int unpack(lua_State* L) {
  Format format(L);
  std::size_t length = 0;
  const char* data = luaL_checklstring(L, 2, &length);
  const lua_Integer first = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, first != 0, 3, "offset must be 1 or greater");
  luaL_argcheck(L, first > 0, 2, "data string too short");
  std::size_t at = static_cast<std::size_t>(first) - 1;
  int count = 0;
  while (const char option = format.next()) {
    std::size_t size = format.size();
    at += format.padding(at, option);
    luaL_argcheck(L, size <= length && at <= length - size, 2, "data string too short");
    luaL_checkstack(L, 2, "too many results");
    switch (option) {
      case 'x':
        break;
      case 'f':
        lua_pushnumber(L, std::bit_cast<float>(static_cast<std::uint32_t>(get(data + at, 4, format.big_endian()))));
        ++count;
        break;
      case 'd':
        lua_pushnumber(L, std::bit_cast<double>(get(data + at, 8, format.big_endian())));
        ++count;
        break;
      case 'c':
        if (size == 0) {
          if (count == 0 || !lua_isnumber(L, -1)) luaL_error(L, "format 'c0' needs a previous size");
          size = static_cast<std::size_t>(bits_of(lua_tonumber(L, -1)));
          lua_pop(L, 1);
          --count;
          luaL_argcheck(L, size <= length && at <= length - size, 2, "data string too short");
        }
        lua_pushlstring(L, data + at, size);
        ++count;
        break;
      case 's': {
        const void* end = std::memchr(data + at, 0, length - at);
        if (end == nullptr) luaL_error(L, "unfinished string in data");
        size = static_cast<std::size_t>(static_cast<const char*>(end) - (data + at)) + 1;
        lua_pushlstring(L, data + at, size - 1);
        ++count;
        break;
      }
      default: {
        const std::uint64_t bits = get(data + at, size, format.big_endian());
        const bool is_signed = std::islower(static_cast<unsigned char>(option)) != 0;
        lua_pushnumber(L, is_signed ? signed_value(bits, size) : static_cast<double>(bits));
        ++count;
      }
    }
    at += size;
  }
  lua_pushinteger(L, static_cast<lua_Integer>(at) + 1);
  return count + 1;
}

int size(lua_State* L) {
  Format format(L);
  std::size_t total = 0;
  while (const char option = format.next()) {
    total += format.padding(total, option);
    if (option == 's') luaL_argerror(L, 1, "option 's' has no fixed size");
    if (option == 'c' && format.size() == 0) luaL_argerror(L, 1, "option 'c0' has no fixed size");
    if (format.size() > INT_MAX - total) luaL_error(L, "format result too large");
    total += format.size();
  }
  lua_pushinteger(L, static_cast<lua_Integer>(total));
  return 1;
}

}  // namespace

void push_struct(lua_State* state) {
  lua_createtable(state, 0, 3);
  lua_pushcfunction(state, pack);
  lua_setfield(state, -2, "pack");
  lua_pushcfunction(state, unpack);
  lua_setfield(state, -2, "unpack");
  lua_pushcfunction(state, size);
  lua_setfield(state, -2, "size");
}

}  // namespace terrace
