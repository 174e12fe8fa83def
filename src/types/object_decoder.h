// ObjectDecoder: creates the builder of each type's large values, for the store. One line for each type.
// Thread: no state.
#pragma once

#include "storage/record/object.h"

namespace terrace::types {

const storage::ObjectDecoder& object_decoder();

}  // namespace terrace::types
