#include "src/types/encoding/image_builder.h"

namespace terrace::types {

Result<std::size_t> ImageBuilder::take(std::string_view bytes) {
  RdbReader reader(bytes);
  std::size_t taken = 0;
  if (!counted_) {
    count_ = left_ = reader.length();
    if (!reader.ok()) return taken;
    counted_ = true;
    taken = bytes.size() - reader.remaining();
  }
  while (left_ > 0) {
    const bool possible = add(reader);
    if (!reader.ok()) break;
    if (!possible) return Error{ErrorCode::kCorrupt, "image: an element that cannot be, or the same one twice"};
    --left_;
    taken = bytes.size() - reader.remaining();
  }
  return taken;
}

Result<storage::ObjectPointer> ImageBuilder::finish(std::string_view rest) {
  if (count_ == 0 || left_ > 0 || !rest.empty())
    return Error{ErrorCode::kCorrupt, "image: not the elements it promises"};
  return object();
}

}  // namespace terrace::types
