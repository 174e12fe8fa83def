// The section "Tier" of INFO: what the store holds in memory and on disk, and what it does to keep it so.
#pragma once

#include "src/execution/services.h"
#include "src/server/info_writer.h"

namespace terrace {

void write_tier(InfoWriter& out, Services& services);

}  // namespace terrace
