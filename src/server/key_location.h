// reply_key_location: the reply of TERRACE LOCATE: where the store has a key.
#pragma once

#include "src/resp/reply.h"
#include "storage/keyspace/database.h"

namespace terrace {

void reply_key_location(Reply& reply, const storage::Database::KeyLocation& location);

}  // namespace terrace
