#include "src/types/value_copy.h"

#include <limits>

#include "src/types/object_decoder.h"

namespace terrace::types {

Value copy_value(const storage::Record& record, storage::ObjectPointer copied) {
  Value value{record.type(), record.encoding(), {}, std::move(copied), record.expiry_ms()};
  if (value.object) return value;
  if (const storage::Object* object = record.object()) {
    // Through its image: no type needs code for copying.
    std::string image;
    object->encode(image, 0, std::numeric_limits<std::size_t>::max());
    Result<storage::ObjectPointer> copy = object_decoder().decode(record.type(), object->parts_expiry_ms(), image);
    TERRACE_CHECK(copy.ok());
    value.object = std::move(*copy);
  } else {
    value.bytes = record.bytes();
  }
  return value;
}

}  // namespace terrace::types
