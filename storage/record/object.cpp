#include "storage/record/object.h"

namespace terrace::storage {

Result<ObjectPointer> ObjectDecoder::decode(ValueType type, std::int64_t parts_expiry_ms,
                                            std::string_view image) const {
  const std::unique_ptr<ObjectBuilder> made = builder(type, parts_expiry_ms);
  if (!made) return Error{ErrorCode::kCorrupt, "image: no type of large values"};
  const Result<std::size_t> taken = made->take(image);
  if (!taken.ok()) return taken.error();
  return made->finish(image.substr(*taken));
}

}  // namespace terrace::storage
