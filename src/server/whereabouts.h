// reply_whereabouts: where the store has a key, for TERRACE LOCATE.
#pragma once

#include "src/resp/reply.h"
#include "storage/keyspace/database.h"

namespace terrace {

void reply_whereabouts(Reply& reply, const storage::Database::Whereabouts& whereabouts);

}  // namespace terrace
