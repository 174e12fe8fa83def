// The key commands: those that work on a key whatever its type, and on the keyspace as a whole.
#pragma once

#include <span>

#include "src/execution/command.h"

namespace terrace {

std::span<const Command> key_commands();

}  // namespace terrace
