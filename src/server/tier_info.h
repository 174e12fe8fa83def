// The section "Tier" of INFO: what the store has in memory and on disk, and what its background work does.
#pragma once

#include "src/server/info_sources.h"
#include "src/server/info_writer.h"

namespace terrace {

void write_tier(InfoWriter& out, const InfoSources& sources);

}  // namespace terrace
