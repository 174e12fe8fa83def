// reply_kill: SCRIPT KILL and FUNCTION KILL.
#pragma once

#include "src/execution/context.h"

namespace terrace::commands {

void reply_kill(Context& context, bool function);

}  // namespace terrace::commands
