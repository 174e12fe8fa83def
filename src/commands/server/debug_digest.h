// DEBUG DIGEST and DEBUG DIGEST-VALUE: by which tests tell whether two datasets, or two values, are the same.
#pragma once

#include "io/task.h"
#include "src/execution/context.h"

namespace terrace::commands {

// Of all keys of all databases. Others are served meanwhile: it says something only if nobody changes anything.
io::Task<> debug_digest(Context& context);
// Of each key's value, zeros for those that are absent.
io::Task<> debug_digest_value(Context& context);

}  // namespace terrace::commands
