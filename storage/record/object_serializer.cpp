#include "storage/record/object_serializer.h"

#include <limits>
#include <utility>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/limits.h"

namespace terrace::storage {

ObjectSerializer::ObjectSerializer(const Record& record, std::uint32_t database, std::uint64_t log_position,
                                   Needed needed, LedgerCharge charge)
    : charge_(std::move(charge)),
      size_bound_(image_size_bound(record)),
      needed_(needed),
      object_(record.object()),
      next_(object_->images_) {
  encode_image_head(head_, record, database, log_position);
  made_ = head_;
  object_->images_ = this;
}

ObjectSerializer::~ObjectSerializer() {
  if (object_) detach();
}

void ObjectSerializer::detach() {
  ObjectSerializer** at = &object_->images_;
  while (*at != this) at = &(*at)->next_;
  *at = next_;
  object_ = nullptr;
}

void ObjectSerializer::make_some(std::size_t budget_bytes) {
  if (complete()) return;
  cursor_ = object_->encode(made_, cursor_, budget_bytes);
  charge_.resize(made_.capacity());
  complete_ = cursor_ == 0;
  if (complete_ && needed_ != Needed::kWhileUnchanged) detach();
}

std::string ObjectSerializer::take(std::size_t most_bytes) {
  if (taken_ == 0 && made_.size() <= most_bytes) {
    charge_.resize(0);
    return std::exchange(made_, {});
  }
  std::string part = made_.substr(taken_, most_bytes);
  taken_ += part.size();
  // The front is removed only when it is half of the buffer: an object that has changed may have left much here.
  if (made_.size() <= taken_ * 2) {
    made_.erase(0, taken_);
    taken_ = 0;
  }
  return part;
}

io::Task<void> ObjectSerializer::make(std::size_t bytes, io::Clock& clock) {
  io::Slice slice(clock);
  while (!complete() && made_bytes() < bytes) {
    {
      const io::Activity activity("spill");
      make_some(kImageStepSize);
    }
    if (slice.over()) co_await slice.next();
  }
}

ObjectPointer ObjectSerializer::end() {
  if (object_) give_up();
  return std::move(owned_);
}

void ObjectSerializer::give_up() {
  detach();
  given_up_ = true;
  std::string().swap(made_);
  charge_.resize(0);
  taken_ = 0;
}

void Object::before_change() {
  while (ObjectSerializer* image = images_) {
    if (image->needed_ == ObjectSerializer::Needed::kAlways) {
      image->make_some(std::numeric_limits<std::size_t>::max());
    } else {
      image->give_up();
    }
  }
}

bool Object::image_needed() const {
  for (const ObjectSerializer* image = images_; image; image = image->next_) {
    if (image->needed_ == ObjectSerializer::Needed::kAlways) return true;
  }
  return false;
}

bool Object::keep_for_image(ObjectPointer& object) {
  for (ObjectSerializer* image = object->images_; image;) {
    ObjectSerializer* const next = image->next_;
    if (image->needed_ == ObjectSerializer::Needed::kAlways) {
      image->owned_ = std::move(object);
      return true;
    }
    image->give_up();
    image = next;
  }
  return false;
}

}  // namespace terrace::storage
