// The subcommands of CLIENT about client-side caching.
#pragma once

#include "src/execution/context.h"

namespace terrace::commands {

void client_caching(Context& context);
void client_getredir(Context& context);
void client_tracking(Context& context);
void client_trackinginfo(Context& context);

}  // namespace terrace::commands
