// Dump: a value as the payload of DUMP and RESTORE, which Redis 7.0 and later exchange:
//
//   | RDB type u8 | value image | RDB version u16 | CRC-64 of all before u64 |
//
// What is restored is checked in every detail, since anybody may have written it.
// Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/value.h"

namespace terrace::types {

std::string dump_value(const storage::Record& record);
// Version and checksum are in order.
bool dump_intact(std::string_view payload);
// nullopt: not a value that this server knows. The payload must be intact.
std::optional<Value> restore_value(std::string_view payload, const CollectionLimits& limits);

}  // namespace terrace::types
