// The arguments of EVAL and FCALL: NAME script numkeys key … argument …
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "src/execution/script_run.h"

namespace terrace::commands {

struct ScriptArguments {
  std::span<const std::string_view> keys;
  std::span<const std::string_view> others;
};

// Nothing: the error is replied.
std::optional<ScriptArguments> script_arguments(ScriptRun& run);
// Pushes a table of them.
void push_texts(lua_State* state, std::span<const std::string_view> texts);

}  // namespace terrace::commands
