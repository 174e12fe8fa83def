// The handlers of the stream commands, for the rows in stream_table.cpp.
#pragma once

namespace terrace {

class Context;

namespace commands {

// stream_write.cpp
void xadd(Context& context);
void xdel(Context& context);
void xsetid(Context& context);
void xtrim(Context& context);

// stream_removal.cpp
void xackdel(Context& context);
void xdelex(Context& context);

// stream_read.cpp
void xlen(Context& context);
void xrange(Context& context);
void xrevrange(Context& context);

// stream_deliver.cpp
void xread(Context& context);
void xreadgroup(Context& context);

// stream_group.cpp
void xack(Context& context);
void xgroup_create(Context& context);
void xgroup_createconsumer(Context& context);
void xgroup_delconsumer(Context& context);
void xgroup_destroy(Context& context);
void xgroup_help(Context& context);
void xgroup_setid(Context& context);

// stream_claim.cpp
void xautoclaim(Context& context);
void xclaim(Context& context);
void xpending(Context& context);

// stream_info.cpp
void xinfo_consumers(Context& context);
void xinfo_groups(Context& context);
void xinfo_help(Context& context);
void xinfo_stream(Context& context);

}  // namespace commands
}  // namespace terrace
