// CRC-64 as in Redis' RDB files and DUMP payloads (Jones' polynomial, reflected, no inversions).
// Thread: a pure function.
#pragma once

#include <cstdint>
#include <string_view>

namespace terrace::types {

std::uint64_t crc64(std::string_view bytes);

}  // namespace terrace::types
