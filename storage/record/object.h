// Object: a record's value that is too large for the record's own bytes: a large hash, list, set and so on. The record
// holds a pointer to it (Encoding::kObject). This floor moves, counts, writes and frees objects and does not know what
// they contain; the floor above implements them and passes an ObjectDecoder in the store's Options.
//
// Work that takes longer the larger the value is goes step by step: encode() and discard() have a budget.
//
// Ownership: the record owns its object; LazyFree owns objects that are being freed.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "io/result.h"
#include "storage/base/expiry.h"
#include "storage/base/statistics.h"

namespace terrace::storage {

enum class ValueType : std::uint8_t;
class Object;
class ObjectSerializer;

using ObjectPointer = std::unique_ptr<Object>;

class Object {
 public:
  Object() = default;
  virtual ~Object() { TERRACE_CHECK(images_ == nullptr); }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  // Bytes that the allocator gave for the whole object.
  std::size_t footprint_bytes() const { return footprint_bytes_; }

  // An upper bound of what all steps of encode() append.
  virtual std::size_t image_size_bound() const = 0;
  // Appends the next part of the value's RDB encoding: at least something, and nothing more once `budget_bytes` were
  // appended. The first step has cursor 0, each further one the cursor that the step before returned; the encoding is
  // complete when that is 0. The object must not change between the steps (see before_change).
  virtual std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const = 0;
  // Frees about this much of the object; true when nothing is left but the object itself. Once this has begun, no other
  // function may be called.
  virtual bool discard(std::size_t budget_bytes) = 0;

  // The soonest time at which a part of it expires; kNoExpiry if none does.
  virtual std::int64_t parts_expiry_ms() const { return kNoExpiry; }

  // --- images of it that are being made (object_serializer.h)
  // Must be called before the object changes: completes the images that are needed and gives up the others. It takes as
  // long as encoding them, unless the caller has waited until image_needed() is false.
  void before_change();
  bool image_needed() const;
  // For an object that nothing refers to any more. True: an image still needs it and has taken it.
  static bool keep_for_image(ObjectPointer& object);

  // While the object belongs to a hot record, its growth is counted in these statistics at once; no other code has to
  // account for it. A record is dirty before its object changes (Database::change), hence both figures.
  void count_in(Statistics& statistics) { statistics_ = &statistics; }
  void count_out() { statistics_ = nullptr; }

  // Must be called with what the object, or a part of it, allocates (above 0) or frees (below 0).
  void add_footprint(std::ptrdiff_t bytes) {
    footprint_bytes_ += static_cast<std::size_t>(bytes);
    if (statistics_ == nullptr) return;
    statistics_->record_memory_bytes += static_cast<std::uint64_t>(bytes);
    statistics_->dirty_memory_bytes += static_cast<std::uint64_t>(bytes);
  }

 private:
  std::size_t footprint_bytes_ = 0;
  Statistics* statistics_ = nullptr;
  friend class ObjectSerializer;
  ObjectSerializer* images_ = nullptr;
};

// Builds an object from what encode() has made, as the bytes come.
class ObjectBuilder {
 public:
  virtual ~ObjectBuilder() = default;
  // Takes the elements that are complete at the front of `bytes` and returns the number of their bytes: 0 if none is
  // complete.
  virtual Result<std::size_t> take(std::string_view bytes) = 0;
  // Called when all bytes have come and `rest` was not taken. An error for anything that encode() does not make.
  virtual Result<ObjectPointer> finish(std::string_view rest) = 0;
};

class ObjectDecoder {
 public:
  virtual ~ObjectDecoder() = default;
  // nullptr: this type has no objects. `parts_expiry_ms`: what the object returned.
  virtual std::unique_ptr<ObjectBuilder> builder(ValueType type, std::int64_t parts_expiry_ms) const = 0;
  // Decodes a whole value image.
  Result<ObjectPointer> decode(ValueType type, std::int64_t parts_expiry_ms, std::string_view image) const;
};

}  // namespace terrace::storage
