// The subcommands of DEBUG that are more than a few lines.
#pragma once

#include "io/task.h"
#include "src/execution/context.h"

namespace terrace::commands {

// The digest of all keys of all databases. Other commands run in between: it is exact only if none of them changes a
// key.
io::Task<> debug_digest(Context& context);
// The digest of each key's value, zeros for an absent key.
io::Task<> debug_digest_value(Context& context);

// How a value is kept.
io::Task<> debug_object(Context& context);
// Writes the elements of a listpack to the log.
io::Task<> debug_listpack(Context& context);

// Makes many keys. Other commands run in between.
io::Task<> debug_populate(Context& context);

// A reply of each kind that RESP has, for tests of clients.
io::Task<> debug_protocol(Context& context);

}  // namespace terrace::commands
