// SHA-1, by which Redis tells datasets (DEBUG DIGEST) and scripts apart. No protection against anybody.
// Thread: a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace terrace::types {

using Sha1 = std::array<std::uint8_t, 20>;

Sha1 sha1(std::string_view bytes);

}  // namespace terrace::types
