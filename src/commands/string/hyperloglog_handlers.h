// The handlers of the HyperLogLog commands, for the rows in hyperloglog_table.cpp.
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
