#include "src/types/encoding/value.h"

namespace terrace::types {

using storage::Encoding;
using storage::ValueType;

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

namespace {

// Redis' name for the structure that it uses for a type's large values.
std::string_view object_encoding_name(ValueType type) {
  switch (type) {
    case ValueType::kHash:
    case ValueType::kSet:
      return "hashtable";
    case ValueType::kSortedSet:
      return "skiplist";
    case ValueType::kList:
      return "quicklist";
    case ValueType::kStream:
      return "stream";
    default:
      return "unknown";
  }
}

}  // namespace

std::string_view encoding_name(ValueType type, Encoding encoding) {
  switch (encoding) {
    case Encoding::kRaw:
      return "raw";
    case Encoding::kEmbedded:
      return "embstr";
    case Encoding::kInteger:
      return "int";
    case Encoding::kListpack:
      return "listpack";
    case Encoding::kTimedListpack:
      return "listpackex";
    case Encoding::kIntset:
      return "intset";
    case Encoding::kObject:
      return object_encoding_name(type);
  }
  return "unknown";
}

}  // namespace terrace::types
