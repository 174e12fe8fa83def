// The handlers of the HyperLogLog commands; the table of hyperloglog_table.cpp names them.
#pragma once

namespace terrace {

class Context;

namespace commands {

// hyperloglog.cpp
void pfadd(Context& context);
void pfcount(Context& context);
void pfmerge(Context& context);

// hyperloglog_debug.cpp
void pfdebug(Context& context);
void pfselftest(Context& context);

}  // namespace commands
}  // namespace terrace
