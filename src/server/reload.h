// reload: closes the store and recovers it while clients wait, for DEBUG RELOAD: what a restart would do, without one.
#pragma once

#include "io/result.h"
#include "io/task.h"
#include "src/execution/services.h"

namespace terrace {

// Called by a command that is under way; all others wait until it is done. `checkpoint`: as a clean shutdown would.
io::Task<Result<void>> reload(Services& services, bool checkpoint);

}  // namespace terrace
