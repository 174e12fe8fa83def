// LuaBuffer: bytes that a library gathers, in memory of the interpreter: within its bound, and collected after an error.
// Ownership: a place on the Lua stack, which must not move; no destructor, for errors leave functions without one.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <cstring>
#include <lua.hpp>
#include <string_view>

namespace terrace {

class LuaBuffer {
 public:
  explicit LuaBuffer(lua_State* state)
      : state_(state), data_(static_cast<char*>(lua_newuserdata(state, kFirst))), place_(lua_gettop(state)) {}

  void append(char byte) { *room(1) = byte; }
  void append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
  }
  // A number of so many bytes, the most significant first.
  void append_big_endian(std::uint64_t number, std::size_t bytes) {
    char* const out = room(bytes);
    for (std::size_t i = bytes; i > 0; --i, number >>= 8) out[i - 1] = static_cast<char>(number & 255);
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  void push_result() { lua_pushlstring(state_, data_, size_); }

 private:
  static constexpr std::size_t kFirst = 256;

  char* room(std::size_t more) {
    if (more > capacity_ - size_) grow(more);
    char* const place = data_ + size_;
    size_ += more;
    return place;
  }
  void grow(std::size_t more) {
    while (capacity_ - size_ < more) capacity_ *= 2;
    luaL_checkstack(state_, 1, "no room for a buffer");
    char* const data = static_cast<char*>(lua_newuserdata(state_, capacity_));
    std::memcpy(data, data_, size_);
    lua_replace(state_, place_);
    data_ = data;
  }

  lua_State* state_;
  char* data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = kFirst;
  int place_;
};

}  // namespace terrace
