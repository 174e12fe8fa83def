// c_string: what of a client's bytes Redis, in which they are C strings there, would see: all before the first NUL.
// Thread: pure functions.
#pragma once

#include <string_view>

namespace terrace {

inline std::string_view until_nul(std::string_view bytes) {
  return bytes.substr(0, bytes.find('\0'));
}

}  // namespace terrace
