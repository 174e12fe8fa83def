// The errors of writes that are not admitted. Clients know the error codes OOM, MISCONF and READONLY.
// Thread: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "io/result.h"

namespace terrace {

inline constexpr std::string_view kOutOfMemoryError = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kReadOnlyReplicaError =
    "READONLY You can't write against a read only replica. This version cannot follow its master either: "
    "take 'replicaof' out of the configuration file to make it one.";

// For what the engine says why it cannot be written (Engine::writable).
std::string refused_write_error(const Error& error);

}  // namespace terrace
