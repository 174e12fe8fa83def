// Value: a key's value apart from its key: what RENAME, COPY and MOVE carry from one key to another, and the names by
// which clients know types and encodings. Ownership: owns its bytes. Thread: a plain value.
#pragma once

#include <string>
#include <string_view>

#include "storage/record.h"

namespace terrace::types {

struct Value {
  storage::ValueType type;
  storage::Encoding encoding;
  std::string bytes;
  std::int64_t expiry_ms;
};

// A deep copy, independent of the record. The one place to change when a type's bytes refer to anything outside them.
Value copy_value(const storage::Record& record);

std::string_view type_name(storage::ValueType type);
std::string_view encoding_name(storage::ValueType type, storage::Encoding encoding);

}  // namespace terrace::types
