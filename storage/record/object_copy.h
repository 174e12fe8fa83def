// ObjectCopy: a copy of a record's large object, made in slices while commands go on. It is the object as it is when
// the copy is taken: one that has changed meanwhile is not handed out. Ownership: owned by the command that wants it.
// Thread: the reactor's.
#pragma once

#include "storage/record/object_serializer.h"
#include "storage/record/record_loader.h"

namespace terrace::storage {

class ObjectCopy {
 public:
  ObjectCopy(const Record& record, const ObjectDecoder& decoder)
      : of_(record.object()),
        image_(record, 0, 0, ObjectSerializer::Needed::kWhileUnchanged),
        loader_(&decoder, image_.size_bound()) {}

  // Until it is made, or of no use any more.
  io::Task<void> make(io::Clock& clock);
  // The copy, if it is one of `object` as it is now. Once.
  ObjectPointer take(const Object* object);

 private:
  const Object* of_;  // only to be compared
  ObjectSerializer image_;
  RecordLoader loader_;
  RecordPointer made_;
};

}  // namespace terrace::storage
