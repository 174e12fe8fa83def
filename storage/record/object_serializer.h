// ObjectSerializer: the image of a record with an object, made piece by piece while commands go on. It is the object as it
// was when the image was begun: right before the object changes, what is left of the image is made at one go, or the
// image is given up if it is of no use then; an object that its record lets go of is kept for as long.
// Ownership: owned by whoever writes it; the object knows of it, and it owns an object that was let go of.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>

#include "io/clock.h"
#include "io/task.h"
#include "storage/record/image.h"

namespace terrace::storage {

class ObjectSerializer {
 public:
  // kAlways: a checkpoint needs it as the object was. kUnlessChanged: an object that changes stays in memory anyway.
  // kWhileUnchanged: also the complete image is of no use, and given up, once the object changes (object_copy.h).
  enum class Needed : std::uint8_t { kAlways, kUnlessChanged, kWhileUnchanged };

  ObjectSerializer(const Record& record, std::uint32_t database, std::uint64_t log_position, Needed needed);
  ~ObjectSerializer();
  ObjectSerializer(const ObjectSerializer&) = delete;
  ObjectSerializer& operator=(const ObjectSerializer&) = delete;

  std::size_t size_bound() const { return size_bound_; }
  // The image but for its value: what parse_image() reads.
  std::string_view head() const { return head_; }
  // Makes more of it, in slices, until so many bytes are made and not taken, or all.
  io::Task<void> make(std::size_t bytes, io::Clock& clock);
  // All is made.
  bool complete() const { return complete_ || object_ == nullptr; }
  bool given_up() const { return given_up_; }
  // What is made and not taken yet, the head first.
  std::size_t made_bytes() const { return made_.size() - taken_; }
  std::string take(std::size_t most_bytes);
  // Gives up what is not made yet. Returns the object if it was let go of meanwhile: it is to be freed.
  ObjectPointer end();

 private:
  friend class Object;

  void make_some(std::size_t budget_bytes);
  void detach();
  void give_up();

  std::string head_;
  std::string made_;
  std::size_t taken_ = 0;  // of made_
  std::size_t size_bound_;
  Needed needed_;
  bool complete_ = false;
  bool given_up_ = false;
  Object* object_;  // nullptr: nothing of it matters any more
  std::uint64_t cursor_ = 0;
  ObjectPointer owned_;
  ObjectSerializer* next_;  // of the same object
};

}  // namespace terrace::storage
