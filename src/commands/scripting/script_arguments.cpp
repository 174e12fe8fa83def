#include "src/commands/scripting/script_arguments.h"

#include "src/scripting/script_reply.h"
#include "src/text/integer.h"

namespace terrace::commands {

std::optional<ScriptArguments> script_arguments(ScriptRun& run) {
  const auto fail = [&run](std::string_view error) {
    run.reply([error](Reply& reply) { reply.error(error); });
    return std::nullopt;
  };
  const auto rest = run.arguments().subspan(3);
  const auto count = parse_integer(run.arguments()[2]);
  const std::string_view bad_count =
      run.rules.is_function ? "ERR Bad number of keys provided" : "ERR value is not an integer or out of range";
  if (!count) return fail(bad_count);
  if (*count > static_cast<std::int64_t>(rest.size())) {
    return fail("ERR Number of keys can't be greater than number of args");
  }
  if (*count < 0) return fail("ERR Number of keys can't be negative");
  const auto keys = static_cast<std::size_t>(*count);
  return ScriptArguments{rest.first(keys), rest.subspan(keys)};
}

void push_texts(lua_State* state, std::span<const std::string_view> texts) {
  lua_createtable(state, static_cast<int>(texts.size()), 0);
  int index = 0;
  for (const std::string_view text : texts) {
    lua_pushlstring(state, text.data(), text.size());
    lua_rawseti(state, -2, ++index);
  }
}

void reply_result(ScriptRun& run, Interpreter& interpreter, const ScriptEnd& end) {
  lua_State* const state = interpreter.state();
  run.reply([&](Reply& reply) {
    const bool written = end.ran && interpreter.run_protected([&] {
      interpreter.push_kept();
      end.succeeded ? reply_value(state, reply, run) : reply_error(state, reply, run, end.name);
      lua_pushnil(state);
      interpreter.keep_value();
    });
    if (written) return;
    reply.rewind();
    reply.error("ERR not enough memory for the script: " + std::string(end.name));
  });
}

}  // namespace terrace::commands
