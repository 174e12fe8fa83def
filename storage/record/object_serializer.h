// ObjectSerializer: makes the image of a record with an object, piece by piece, while commands run. The image is of the
// object as it was when the serializer was created. Right before the object changes, the rest of the image is made in
// one step, or the image is given up if it is useless then. If the record lets go of its object, the serializer keeps
// it until the image is complete.
// Ownership: owned by the code that writes the image; the object has a list of its serializers; a serializer owns an
// object that its record let go of.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>

#include "io/clock.h"
#include "io/task.h"
#include "storage/memory/ledger.h"
#include "storage/record/image.h"

namespace terrace::storage {

class ObjectSerializer {
 public:
  // kAlways: a checkpoint needs the object as it was. kUnlessChanged: an object that changes stays in memory anyway.
  // kWhileUnchanged: also a complete image is useless, and is given up, once the object changes (object_copy.h).
  enum class Needed : std::uint8_t { kAlways, kUnlessChanged, kWhileUnchanged };

  ObjectSerializer(const Record& record, std::uint32_t database, std::uint64_t log_position, Needed needed,
                   LedgerCharge charge = {});
  ~ObjectSerializer();
  ObjectSerializer(const ObjectSerializer&) = delete;
  ObjectSerializer& operator=(const ObjectSerializer&) = delete;

  std::size_t size_bound() const { return size_bound_; }
  // The image without its value: what parse_image() reads.
  std::string_view head() const { return head_; }
  // Makes more of the image, in slices, until `bytes` are made and not taken, or until it is complete.
  io::Task<void> make(std::size_t bytes, io::Clock& clock);
  // Nothing is left to be made.
  bool complete() const { return complete_ || object_ == nullptr; }
  bool given_up() const { return given_up_; }
  // Bytes that are made and not taken yet; the head comes first.
  std::size_t made_bytes() const { return made_.size() - taken_; }
  std::string take(std::size_t most_bytes);
  // Gives up what is not made yet. Returns the object if its record has let go of it; the caller frees it.
  ObjectPointer end();

 private:
  friend class Object;

  void make_some(std::size_t budget_bytes);
  void detach();
  void give_up();

  std::string head_;
  std::string made_;
  LedgerCharge charge_;    // for made_
  std::size_t taken_ = 0;  // of made_
  std::size_t size_bound_;
  Needed needed_;
  bool complete_ = false;
  bool given_up_ = false;
  Object* object_;  // nullptr: not needed any more
  std::uint64_t cursor_ = 0;
  ObjectPointer owned_;
  ObjectSerializer* next_;  // of the same object
};

}  // namespace terrace::storage
