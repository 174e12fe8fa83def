// FUNCTION: the libraries of functions. What changes them goes to the log as it came, and the store's attachment follows.
#include "src/commands/families.h"
#include "src/commands/scripting/kill_reply.h"
#include "src/commands/scripting/scripting_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/help.h"
#include "src/execution/script_runner.h"
#include "src/scripting/script_flags.h"
#include "src/scripting/scripting.h"
#include "src/text/pattern.h"

namespace terrace::commands {
namespace {

FunctionLibraries& functions(Context& context) {
  return context.parts<ScriptingParts>().scripting.functions();
}

// The libraries have changed: by this command, under its own name.
void note_changed(Context& context, std::string_view subcommand) {
  std::vector<std::string_view> effect(context.arguments.begin(), context.arguments.end());
  effect[0] = "FUNCTION";
  effect[1] = subcommand;
  context.propagate(effect);
  const FunctionLibraries& libraries = functions(context);
  context.engine().set_attachment(libraries.libraries().empty() ? std::string() : libraries.dump());
}

void reply_function(Reply& reply, const FunctionLibrary::Function& function) {
  reply.map(3);
  reply.bulk("name");
  reply.bulk(function.name);
  reply.bulk("description");
  function.description.empty() ? reply.null() : reply.bulk(function.description);
  reply.bulk("flags");
  const auto names = script_flag_names(function.flags);
  reply.set(names.size());
  for (const std::string_view name : names) reply.simple(name);
}

void reply_library(Reply& reply, const FunctionLibrary& library, bool with_code) {
  reply.map(with_code ? 4 : 3);
  reply.bulk("library_name");
  reply.bulk(library.name);
  reply.bulk("engine");
  reply.bulk("LUA");
  reply.bulk("functions");
  reply.array(library.functions.size());
  for (const auto& [name, function] : library.functions) reply_function(reply, function);
  if (!with_code) return;
  reply.bulk("library_code");
  reply.bulk(library.code);
}

}  // namespace

void function_load(Context& context) {
  const auto options = context.arguments.subspan(2, context.arguments.size() - 3);
  bool replace = false;
  for (const std::string_view option : options) {
    if (!is_option(option, "replace")) return context.reply.error("ERR Unknown option given: " + shown(option));
    replace = true;
  }
  const Result<std::string> name = functions(context).load(context.arguments.back(), replace, context.replaying());
  if (!name.ok()) return context.reply.error(name.error().message);
  note_changed(context, "LOAD");
  context.reply.bulk(*name);
}

void function_delete(Context& context) {
  if (!functions(context).remove(context.argument(2))) return context.reply.error("ERR Library not found");
  note_changed(context, "DELETE");
  context.reply.ok();
}

void function_flush(Context& context) {
  const std::size_t count = context.arguments.size();
  const bool has_mode =
      count == 3 && (is_option(context.argument(2), "sync") || is_option(context.argument(2), "async"));
  if (count > 2 && !has_mode) return context.reply.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  functions(context).flush();
  note_changed(context, "FLUSH");
  context.reply.ok();
}

void function_kill(Context& context) {
  reply_kill(context, true);
}

void function_list(Context& context) {
  context.reveal_keyspace();
  bool with_code = false;
  std::string_view wanted = "*";
  for (std::size_t i = 2; i < context.arguments.size(); ++i) {
    if (!with_code && is_option(context.argument(i), "withcode")) {
      with_code = true;
    } else if (is_option(context.argument(i), "libraryname")) {
      if (++i == context.arguments.size()) return context.reply.error("ERR library name argument was not given");
      wanted = context.argument(i);
    } else {
      return context.reply.error("ERR Unknown argument " + shown(context.argument(i)));
    }
  }
  std::vector<const FunctionLibrary*> found;
  const types::Pattern pattern(wanted);
  for (const auto& [name, library] : functions(context).libraries()) {
    if (pattern.matches(name)) found.push_back(library.get());
  }
  context.reply.array(found.size());
  for (const FunctionLibrary* library : found) reply_library(context.reply, *library, with_code);
}

void function_dump(Context& context) {
  context.reveal_keyspace();
  context.reply.bulk(functions(context).dump());
}

void function_restore(Context& context) {
  if (context.arguments.size() > 4) return wrong_argument_count(context);
  auto policy = FunctionLibraries::Policy::kAppend;
  if (context.arguments.size() == 4) {
    const std::string_view word = context.argument(3);
    if (is_option(word, "replace")) {
      policy = FunctionLibraries::Policy::kReplace;
    } else if (is_option(word, "flush")) {
      policy = FunctionLibraries::Policy::kFlush;
    } else if (!is_option(word, "append")) {
      return context.reply.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    }
  }
  const Result<void> restored = functions(context).restore_payload(context.argument(2), policy, context.replaying());
  if (!restored.ok()) return context.reply.error(restored.error().message);
  note_changed(context, "RESTORE");
  context.reply.ok();
}

void function_stats(Context& context) {
  context.reveal_keyspace();
  Reply& reply = context.reply;
  const ScriptRunner& runner = context.parts<ScriptingParts>().runner;
  reply.map(2);
  reply.bulk("running_script");
  if (runner.running() && runner.current().rules.is_function) {
    reply.map(3);
    reply.bulk("name");
    reply.bulk(runner.current().rules.name);
    reply.bulk("command");
    const auto arguments = runner.current().arguments();
    reply.array(arguments.size());
    for (const std::string_view argument : arguments) reply.bulk(argument);
    reply.bulk("duration_ms");
    reply.integer(runner.current().running_ms());
  } else {
    reply.null();
  }
  reply.bulk("engines");
  reply.map(1);
  reply.bulk("LUA");
  reply.map(2);
  reply.bulk("libraries_count");
  reply.integer(static_cast<std::int64_t>(functions(context).libraries().size()));
  reply.bulk("functions_count");
  reply.integer(static_cast<std::int64_t>(functions(context).function_count()));
}

void function_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "DELETE <LIBRARY NAME>",
      "    Deletes a library.",
      "DUMP",
      "    All libraries as a payload for FUNCTION RESTORE.",
      "FLUSH [ASYNC|SYNC]",
      "    Deletes all libraries.",
      "KILL",
      "    Ends the function that runs, if it has written nothing.",
      "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
      "    The libraries with their functions.",
      "LOAD [REPLACE] <FUNCTION CODE>",
      "    Makes a library.",
      "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
      "    Makes the libraries of a payload.",
      "STATS",
      "    The function that runs, and the engines.",
  };
  reply_help(context, "FUNCTION", kLines);
}

}  // namespace terrace::commands
