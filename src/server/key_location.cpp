#include "src/server/key_location.h"

namespace terrace {

void reply_key_location(Reply& reply, const storage::Database::KeyLocation& location) {
  using Tier = storage::Database::KeyLocation::Tier;
  bool hot = location.tier == Tier::kHot;
  bool located = static_cast<bool>(location.location);
  reply.map(1u + (located ? 3u : 0u) + (hot ? 2u : 0u));
  reply.bulk("tier");
  reply.bulk(hot ? "hot" : location.tier == Tier::kCold ? "cold" : "absent");
  if (located) {
    reply.bulk("segment");
    reply.integer(location.location.segment());
    reply.bulk("page");
    reply.integer(location.location.page());
    reply.bulk("slot");
    reply.integer(location.location.slot());
  }
  if (!hot) return;
  reply.bulk("dirty");
  reply.integer(located ? 0 : 1);
  reply.bulk("accesses");
  reply.integer(location.access_count);
}

}  // namespace terrace
