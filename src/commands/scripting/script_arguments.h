// What EVAL and FCALL have in common: their arguments, NAME script numkeys key … argument …, and their reply.
// Ownership: borrows. Thread: the reactor's.
#pragma once

#include <lua.hpp>
#include <optional>
#include <span>
#include <string_view>

#include "src/execution/script_run.h"
#include "src/scripting/interpreter.h"

namespace terrace::commands {

struct ScriptArguments {
  std::span<const std::string_view> keys;
  std::span<const std::string_view> others;
};

// Nothing: the error is replied.
std::optional<ScriptArguments> script_arguments(ScriptRun& run);
// Pushes a table of them.
void push_texts(lua_State* state, std::span<const std::string_view> texts);

struct ScriptEnd {
  bool ran = false;  // otherwise there was no memory
  bool succeeded = false;
  std::string_view name;  // for the error
};
// Replies the value that the interpreter has kept.
void reply_result(ScriptRun& run, Interpreter& interpreter, const ScriptEnd& end);

}  // namespace terrace::commands
