// Dump: a value as the payload of DUMP and RESTORE, which can be exchanged with Redis from 7.0 on:
//
//   | RDB type u8 | value image | RDB version u16 | CRC-64 of all before u64 |
//
// The version is the oldest that has the type, so that every Redis from 7.0 on loads what is dumped here: 10, and 12 for
// hashes whose fields expire. So a small set is dumped member by member (type 2) and a stream as type 19. Restoring also
// takes what came later, the listpacks of small sets (type 20) among it.
//
// A payload is untrusted: restoring validates it in every detail.
// Thread: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/types/encoding/collection_limits.h"
#include "src/types/encoding/value.h"

namespace terrace::types {

std::string dump_value(const storage::Record& record);
// Whether version and checksum are right.
bool dump_intact(std::string_view payload);
// nullopt: the value is malformed or of a type unknown here. The payload must be intact.
std::optional<Value> restore_value(std::string_view payload, const CollectionLimits& limits);

}  // namespace terrace::types
