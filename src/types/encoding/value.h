// Value: a key's value without its key, as RENAME, COPY, MOVE and RESTORE pass it on, and the names of types and
// encodings for clients.
// Ownership: owns its bytes and its object.
// Thread: a plain value.
#pragma once

#include <string>
#include <string_view>

#include "storage/record/record.h"

namespace terrace::types {

struct Value {
  storage::ValueType type;
  storage::Encoding encoding;
  std::string bytes;              // unused with an object
  storage::ObjectPointer object;  // with Encoding::kObject
  std::int64_t expiry_ms = storage::kNoExpiry;
};

std::string_view type_name(storage::ValueType type);
std::string_view encoding_name(storage::ValueType type, storage::Encoding encoding);

}  // namespace terrace::types
