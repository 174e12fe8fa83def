// Value: a key's value apart from its key: what RENAME, COPY, MOVE and RESTORE carry to a key, and the names by which
// clients know types and encodings. Ownership: owns its bytes and its object. Thread: a plain value.
#pragma once

#include <string>
#include <string_view>

#include "storage/record/record.h"

namespace terrace::types {

struct Value {
  storage::ValueType type;
  storage::Encoding encoding;
  std::string bytes;              // of no meaning with an object
  storage::ObjectPointer object;  // of Encoding::kObject
  std::int64_t expiry_ms = storage::kNoExpiry;
};

std::string_view type_name(storage::ValueType type);
std::string_view encoding_name(storage::ValueType type, storage::Encoding encoding);

}  // namespace terrace::types
