// ObjectDecoder: which class a type's large values are, for the store. One line per type.
// Thread: no state.
#pragma once

#include "storage/record/object.h"

namespace terrace::types {

const storage::ObjectDecoder& object_decoder();

}  // namespace terrace::types
