// Object: the value of a record that is too large to be the record's own bytes: a large hash, list, set, ... The record
// holds a pointer to it (Encoding::kObject). This floor moves, counts, writes and frees objects and knows nothing of
// what they hold; the floor above implements them and gives an ObjectDecoder with the store's Options.
//
// What takes as long as the value is large goes step by step: encode() and discard() have a budget.
//
// Ownership: the record owns its object; LazyFree owns those that are being freed. Thread: the reactor's.
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

  // Bytes the allocator gave for all of it.
  std::size_t footprint_bytes() const { return footprint_bytes_; }

  // An upper bound of what encode() appends in all.
  virtual std::size_t image_size_bound() const = 0;
  // Appends the next part of the value's RDB encoding: something, and nothing more once `budget_bytes` were appended.
  // Begins at cursor 0, goes on at the cursor that the step before returned, is complete when that is 0. The object
  // must not change between the steps (see before_change).
  virtual std::uint64_t encode(std::string& out, std::uint64_t cursor, std::size_t budget_bytes) const = 0;
  // Frees about this much of it; true when nothing is left but the object itself. Once begun, nothing else may be asked
  // of it.
  virtual bool discard(std::size_t budget_bytes) = 0;

  // The soonest time at which a part of it expires, kNoExpiry: none does.
  virtual std::int64_t parts_expiry_ms() const { return kNoExpiry; }

  // --- images of it that are being made (object_serializer.h)
  // To be called before it changes: completes what is needed, gives up the rest. Takes as long as encoding it takes,
  // unless those who would change it wait while image_needed().
  void before_change();
  bool image_needed() const;
  // An object that nobody refers to any more: true if an image needs it still and has taken it.
  static bool keep_for_image(ObjectPointer& object);

  // While it belongs to a hot record its growth shows in these figures at once, so that nobody needs to remember to
  // count. A record is dirty before its object changes (Database::change), hence both figures.
  void count_in(Statistics& statistics) { statistics_ = &statistics; }
  void count_out() { statistics_ = nullptr; }

  // To be called with whatever it, or a part of it, allocates or frees.
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

// An object from what encode() made, as its bytes come.
class ObjectBuilder {
 public:
  virtual ~ObjectBuilder() = default;
  // Takes the elements that are whole at the front of `bytes`, returns how many bytes these were: 0 if none is whole.
  virtual Result<std::size_t> take(std::string_view bytes) = 0;
  // All have come, and `rest` was not taken. Whatever else than encode() makes is an error.
  virtual Result<ObjectPointer> finish(std::string_view rest) = 0;
};

class ObjectDecoder {
 public:
  virtual ~ObjectDecoder() = default;
  // nullptr: there are no objects of this type. `parts_expiry_ms`: what the object said of itself.
  virtual std::unique_ptr<ObjectBuilder> builder(ValueType type, std::int64_t parts_expiry_ms) const = 0;
  // All at once.
  Result<ObjectPointer> decode(ValueType type, std::int64_t parts_expiry_ms, std::string_view image) const;
};

}  // namespace terrace::storage
