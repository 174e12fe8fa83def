#include "src/server/whereabouts.h"

namespace terrace {

void reply_whereabouts(Reply& reply, const storage::Database::Whereabouts& whereabouts) {
  using Tier = storage::Database::Whereabouts::Tier;
  bool hot = whereabouts.tier == Tier::kHot;
  bool located = static_cast<bool>(whereabouts.location);
  reply.map(1u + (located ? 3u : 0u) + (hot ? 2u : 0u));
  reply.bulk("tier");
  reply.bulk(hot ? "hot" : whereabouts.tier == Tier::kCold ? "cold" : "absent");
  if (located) {
    reply.bulk("segment");
    reply.integer(whereabouts.location.segment());
    reply.bulk("page");
    reply.integer(whereabouts.location.page());
    reply.bulk("slot");
    reply.integer(whereabouts.location.slot());
  }
  if (!hot) return;
  reply.bulk("dirty");
  reply.integer(located ? 0 : 1);
  reply.bulk("accesses");
  reply.integer(whereabouts.access_count);
}

}  // namespace terrace
