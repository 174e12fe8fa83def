// The section "Tier" of INFO: what the store holds in memory and on disk, and what it does to keep it so.
#pragma once

#include "src/server/info_sources.h"
#include "src/server/info_writer.h"

namespace terrace {

void write_tier(InfoWriter& out, const InfoSources& sources);

}  // namespace terrace
