// The handlers of the sorted set commands, for the rows in zset_table.cpp.
#pragma once

#include "src/execution/context.h"

namespace terrace::commands {

// zset_write.cpp
void zadd(Context& context);
void zincrby(Context& context);
void zrem(Context& context);

// zset_read.cpp
void zcard(Context& context);
void zscore(Context& context);
void zmscore(Context& context);
void zrank(Context& context);
void zrevrank(Context& context);
void zscan(Context& context);
void zrandmember(Context& context);

// zset_range.cpp
void zcount(Context& context);
void zlexcount(Context& context);
void zrange(Context& context);
void zrangebylex(Context& context);
void zrangebyscore(Context& context);
void zrangestore(Context& context);
void zrevrange(Context& context);
void zrevrangebylex(Context& context);
void zrevrangebyscore(Context& context);
void zremrangebylex(Context& context);
void zremrangebyrank(Context& context);
void zremrangebyscore(Context& context);

// zset_pop.cpp
void zmpop(Context& context);
void zpopmax(Context& context);
void zpopmin(Context& context);

// zset_block.cpp
void bzmpop(Context& context);
void bzpopmax(Context& context);
void bzpopmin(Context& context);

// zset_algebra.cpp
void zdiff(Context& context);
void zdiffstore(Context& context);
void zinter(Context& context);
void zintercard(Context& context);
void zinterstore(Context& context);
void zunion(Context& context);
void zunionstore(Context& context);

}  // namespace terrace::commands
