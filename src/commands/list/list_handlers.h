// The handlers of the list commands, for the rows in list_table.cpp.
#pragma once

namespace terrace {

class Context;

namespace commands {

// list_read.cpp
void lindex(Context& context);
void llen(Context& context);
void lrange(Context& context);

// list_position.cpp
void lpos(Context& context);

// list_write.cpp
void linsert(Context& context);
void lpush(Context& context);
void lpushx(Context& context);
void lrem(Context& context);
void lset(Context& context);
void ltrim(Context& context);
void rpush(Context& context);
void rpushx(Context& context);

// list_block.cpp
void blmove(Context& context);
void blmpop(Context& context);
void blpop(Context& context);
void brpop(Context& context);
void brpoplpush(Context& context);

// list_pop.cpp
void lmove(Context& context);
void lmpop(Context& context);
void lpop(Context& context);
void rpop(Context& context);
void rpoplpush(Context& context);

}  // namespace commands
}  // namespace terrace
