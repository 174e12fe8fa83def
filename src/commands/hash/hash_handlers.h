// The handlers of the hash commands, for the rows in hash_table.cpp.
#pragma once

namespace terrace {

class Context;

namespace commands {

// hash_read.cpp
void hexists(Context& context);
void hget(Context& context);
void hgetall(Context& context);
void hkeys(Context& context);
void hlen(Context& context);
void hmget(Context& context);
void hscan(Context& context);
void hstrlen(Context& context);
void hvals(Context& context);

// hash_expire.cpp
void hexpire(Context& context);
void hexpireat(Context& context);
void hexpiretime(Context& context);
void hgetdel(Context& context);
void hgetex(Context& context);
void hpersist(Context& context);
void hpexpire(Context& context);
void hpexpireat(Context& context);
void hpexpiretime(Context& context);
void hpttl(Context& context);
void hsetex(Context& context);
void httl(Context& context);

// hash_random.cpp
void hrandfield(Context& context);

// hash_write.cpp
void hdel(Context& context);
void hincrby(Context& context);
void hincrbyfloat(Context& context);
void hmset(Context& context);
void hset(Context& context);
void hsetnx(Context& context);

}  // namespace commands
}  // namespace terrace
