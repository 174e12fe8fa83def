// c_string: the part of a client's bytes that Redis sees where it treats them as a C string: everything before the
// first NUL.
// Thread: pure functions.
#pragma once

#include <string_view>

namespace terrace {

inline std::string_view until_nul(std::string_view bytes) {
  return bytes.substr(0, bytes.find('\0'));
}

}  // namespace terrace
