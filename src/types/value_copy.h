// copy_value: a deep copy of a record's value, for COPY, MOVE and RENAME.
// Thread: the reactor's.
#pragma once

#include "src/types/encoding/value.h"
#include "storage/record/record.h"

namespace terrace::types {

// A deep copy, independent of the record. `copied`: a copy of the record's object, if one was made already.
Value copy_value(const storage::Record& record, storage::ObjectPointer copied = nullptr);

}  // namespace terrace::types
