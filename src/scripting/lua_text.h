// text_at: the string at a place of the Lua stack; a number there becomes one. Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace terrace {

// Empty if it is neither. Valid while it is on the stack.
inline std::string_view text_at(lua_State* state, int index) {
  std::size_t size = 0;
  const char* const text = lua_tolstring(state, index, &size);
  return text != nullptr ? std::string_view(text, size) : std::string_view();
}

}  // namespace terrace
