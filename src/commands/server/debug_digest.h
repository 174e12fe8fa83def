// DEBUG DIGEST and DEBUG DIGEST-VALUE: hashes by which tests compare datasets and values.
#pragma once

#include "io/task.h"
#include "src/execution/context.h"

namespace terrace::commands {

// The digest of all keys of all databases. Other commands run in between: it is exact only if none of them changes a
// key.
io::Task<> debug_digest(Context& context);
// The digest of each key's value, zeros for an absent key.
io::Task<> debug_digest_value(Context& context);

}  // namespace terrace::commands
