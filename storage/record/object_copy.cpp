#include "storage/record/object_copy.h"

#include "io/slice.h"
#include "storage/base/limits.h"

namespace terrace::storage {

io::Task<void> ObjectCopy::make(io::Clock& clock) {
  if (made_ || image_.given_up()) co_return;
  io::Slice slice(clock);
  for (bool last = false; !last;) {
    co_await image_.make(kStreamedPieceSize, clock);
    if (image_.given_up()) co_return;
    last = image_.complete();
    const std::string piece = image_.take(image_.made_bytes());
    const Result<void> added = co_await loader_.add(piece, slice);
    TERRACE_CHECK(added.ok());
  }
  Result<RecordPointer> made = loader_.finish();
  TERRACE_CHECK(made.ok());
  made_ = std::move(*made);
}

// Any change of the object, and its destruction, gives the image up. So no other object can be at this address.
ObjectPointer ObjectCopy::take(const Object* object) {
  if (!made_ || image_.given_up() || object != of_) return nullptr;
  return made_->take_object();
}

}  // namespace terrace::storage
