#include "src/types/value.h"

namespace terrace::types {

using storage::Encoding;
using storage::Record;
using storage::ValueType;

Value copy_value(const Record& record) {
  return Value{record.type(), record.encoding(), std::string(record.bytes()), record.expiry_ms()};
}

std::string_view type_name(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kList:
      return "list";
    case ValueType::kSet:
      return "set";
    case ValueType::kSortedSet:
      return "zset";
    case ValueType::kHash:
      return "hash";
    case ValueType::kModule:
      return "module";
    case ValueType::kStream:
      return "stream";
  }
  return "unknown";
}

std::string_view encoding_name(ValueType type, Encoding encoding) {
  if (type == ValueType::kString) {
    switch (encoding) {
      case Encoding::kRaw:
        return "raw";
      case Encoding::kEmbedded:
        return "embstr";
      case Encoding::kInteger:
        return "int";
    }
  }
  return "unknown";
}

}  // namespace terrace::types
