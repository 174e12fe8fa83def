// reply_key_location: where the store has a key, for TERRACE LOCATE.
#pragma once

#include "src/resp/reply.h"
#include "storage/keyspace/database.h"

namespace terrace {

void reply_key_location(Reply& reply, const storage::Database::KeyLocation& location);

}  // namespace terrace
