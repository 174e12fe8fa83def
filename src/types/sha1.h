// SHA-1, by which Redis identifies datasets (DEBUG DIGEST) and scripts. Not used for security.
// Thread: a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace terrace::types {

using Sha1 = std::array<std::uint8_t, 20>;

Sha1 sha1(std::string_view bytes);

}  // namespace terrace::types
