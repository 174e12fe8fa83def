// The string commands: GET, SET and what else works on a key's bytes as one text or number.
#pragma once

#include <span>

#include "src/execution/command.h"

namespace terrace {

std::span<const Command> string_commands();

}  // namespace terrace
