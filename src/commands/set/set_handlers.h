// The handlers of the set commands, for the rows in set_table.cpp.
#pragma once

namespace terrace {

class Context;

namespace commands {

// set_read.cpp
void scard(Context& context);
void sismember(Context& context);
void smembers(Context& context);
void smismember(Context& context);
void sscan(Context& context);

// set_write.cpp
void sadd(Context& context);
void smove(Context& context);
void srem(Context& context);

// set_random.cpp
void spop(Context& context);
void srandmember(Context& context);

// set_algebra.cpp
void sdiff(Context& context);
void sdiffstore(Context& context);
void sinter(Context& context);
void sintercard(Context& context);
void sdiffcard(Context& context);
void sunioncard(Context& context);
void sinterstore(Context& context);
void sunion(Context& context);
void sunionstore(Context& context);

}  // namespace commands
}  // namespace terrace
