// ObjectCopy: a copy of a record's large object, made in slices while commands run. It is a copy of the object as it is
// when the copy is taken: if the object has changed since, there is no copy.
// Ownership: owned by the command that wants it.
// Thread: the reactor's.
#pragma once

#include "storage/record/object_serializer.h"
#include "storage/record/record_loader.h"

namespace terrace::storage {

class ObjectCopy {
 public:
  ObjectCopy(const Record& record, const ObjectDecoder& decoder, Ledger& ledger)
      : of_(record.object()),
        image_(record, 0, 0, ObjectSerializer::Needed::kWhileUnchanged, LedgerCharge(ledger, Account::kImages)),
        charge_(ledger, Account::kImages, image_.size_bound()),
        loader_(&decoder, image_.size_bound()) {}

  // Returns when the copy is made, or when a change of the object has made it useless. May be called again: the command may
  // have to read other keys before it takes the copy.
  io::Task<void> make(io::Clock& clock);
  // The copy, if it is one of `object` as it is now; nullptr otherwise. May be called once.
  ObjectPointer take(const Object* object);

 private:
  const Object* of_;  // only compared
  ObjectSerializer image_;
  LedgerCharge charge_;  // for what is made of it
  RecordLoader loader_;
  RecordPointer made_;
};

}  // namespace terrace::storage
