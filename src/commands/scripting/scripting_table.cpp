// The rows of scripts.
#include "src/commands/families.h"
#include "src/commands/scripting/scripting_handlers.h"
#include "src/commands/shared/rows.h"

namespace terrace {
namespace {

constexpr KeySpec kScriptKeys[] = {
    {.find = KeySpec::Find::kKeyCount,
     .flags = "RW access update",
     .index = 2,
     .first_key = 1,
     .notes = "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"}};
constexpr KeySpec kReadKeys[] = {
    {.find = KeySpec::Find::kKeyCount,
     .flags = "RO access",
     .index = 2,
     .first_key = 1,
     .notes = "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"}};
constexpr KeySpec kShaKeys[] = {
    {.find = KeySpec::Find::kKeyCount, .flags = "RW access update", .index = 2, .first_key = 1}};
constexpr KeySpec kShaReadKeys[] = {
    {.find = KeySpec::Find::kKeyCount, .flags = "RO access", .index = 2, .first_key = 1}};

constexpr Argument kEvalArguments[] = {string("script"), integer("numkeys"), optional(multiple(key())),
                                       optional(multiple(string("arg")))};
constexpr Argument kEvalshaArguments[] = {string("sha1"), integer("numkeys"), optional(multiple(key())),
                                          optional(multiple(string("arg")))};
constexpr Argument kFlushModes[] = {token("async", "ASYNC"), token("sync", "SYNC")};
constexpr Argument kFlushArguments[] = {since("6.2.0", optional(one_of("async", kFlushModes)))};
constexpr Change kFlushHistory[] = {{"6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."}};
constexpr Argument kExistsArguments[] = {multiple(string("sha1"))};
constexpr Argument kLoadArguments[] = {string("script")};
constexpr Argument kShowArguments[] = {string("sha1")};
constexpr Argument kDebugModes[] = {token("yes", "YES"), token("sync", "SYNC"), token("no", "NO")};
constexpr Argument kDebugArguments[] = {one_of("mode", kDebugModes)};

constexpr std::uint32_t kScriptFlags =
    kNoScript | kStale | kSkipMonitor | kNoMandatoryKeys | kMovableKeys | kUnlistedKeys;

constexpr Command script_row(std::string_view name, std::uint32_t flags, std::span<const KeySpec> keys,
                             void (*run)(ScriptRun&), std::string_view since_version, std::string_view summary,
                             std::span<const Argument> arguments) {
  return {.name = name,
          .arity = -3,
          .flags = kScriptFlags | flags,
          .categories = kCategoryScripting,
          .keys = keys,
          .run_script = run,
          .summary = summary,
          .since = since_version,
          .group = "scripting",
          .complexity = "Depends on the script that is executed.",
          .arguments = arguments};
}

constexpr Command subcommand(std::string_view name, int arity, std::uint32_t flags, void (*run)(Context&),
                             std::string_view since_version, std::string_view complexity, std::string_view summary,
                             std::span<const Argument> arguments = {}, std::string_view tips = {},
                             std::span<const Change> history = {}) {
  return {.name = name,
          .arity = arity,
          .flags = flags,
          .categories = kCategoryScripting,
          .keys = {},
          .run = run,
          .summary = summary,
          .since = since_version,
          .group = "scripting",
          .complexity = complexity,
          .tips = tips,
          .history = history,
          .arguments = arguments};
}

constexpr std::string_view kAllNodes = "request_policy:all_nodes response_policy:all_succeeded";
constexpr std::string_view kOneShard = "request_policy:all_shards response_policy:one_succeeded";

constexpr Command kScriptCommands[] = {
    subcommand("script|debug", 3, kNoScript, commands::script_debug, "3.2.0", "O(1)",
               "Is refused: there is no debugger.", kDebugArguments),
    subcommand("script|exists", -3, kNoScript, commands::script_exists, "2.6.0",
               "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
               "Tells which scripts are in the cache.", kExistsArguments,
               "request_policy:all_shards response_policy:agg_logical_and"),
    subcommand("script|flush", -2, kNoScript | kUsesInterpreter, commands::script_flush, "2.6.0",
               "O(N) with N being the number of scripts in cache", "Empties the cache of scripts.", kFlushArguments,
               kAllNodes, kFlushHistory),
    subcommand("script|help", 2, kLoading | kStale, commands::script_help, "5.0.0", "O(1)",
               "Tells what SCRIPT can do."),
    subcommand("script|kill", 2, kNoScript | kAllowBusy, commands::script_kill, "2.6.0", "O(1)",
               "Ends the script that runs.", {}, kOneShard),
    subcommand("script|load", 3, kNoScript | kStale | kUsesInterpreter, commands::script_load, "2.6.0",
               "O(N) with N being the length in bytes of the script body.", "Puts a script into the cache.",
               kLoadArguments, kAllNodes),
    subcommand("script|show", 3, kNoScript, commands::script_show, "7.4.0", "O(1)",
               "Returns the text of a script in the cache.", kShowArguments),
};

constexpr Argument kFcallArguments[] = {string("function"), integer("numkeys"), optional(multiple(key())),
                                        optional(multiple(string("arg")))};
constexpr Argument kLibraryName[] = {string("library-name")};
constexpr Argument kFunctionFlushArguments[] = {optional(one_of("async", kFlushModes))};
constexpr Argument kListArguments[] = {option("LIBRARYNAME", string("library-name-pattern")),
                                       optional(token("withcode", "WITHCODE"))};
constexpr Argument kFunctionLoadArguments[] = {optional(token("replace", "REPLACE")), string("function-code")};
constexpr Argument kPolicies[] = {token("flush", "FLUSH"), token("append", "APPEND"), token("replace", "REPLACE")};
constexpr Argument kRestoreArguments[] = {string("serialized-value"), optional(one_of("policy", kPolicies))};

constexpr std::string_view kAllShards = "request_policy:all_shards response_policy:all_succeeded";
constexpr std::uint32_t kChangesFunctions = kNoScript | kWrite | kUsesInterpreter;

constexpr Command kFunctionCommands[] = {
    subcommand("function|delete", 3, kChangesFunctions, commands::function_delete, "7.0.0", "O(1)",
               "Deletes a library and its functions.", kLibraryName, kAllShards),
    subcommand("function|dump", 2, kNoScript, commands::function_dump, "7.0.0",
               "O(N) where N is the number of functions", "Returns all libraries as a payload."),
    subcommand("function|flush", -2, kChangesFunctions, commands::function_flush, "7.0.0",
               "O(N) where N is the number of functions deleted", "Deletes all libraries.", kFunctionFlushArguments,
               kAllShards),
    subcommand("function|help", 2, kLoading | kStale, commands::function_help, "7.0.0", "O(1)",
               "Tells what FUNCTION can do."),
    subcommand("function|kill", 2, kNoScript | kAllowBusy, commands::function_kill, "7.0.0", "O(1)",
               "Ends the function that runs.", {}, kOneShard),
    subcommand("function|list", -2, kNoScript, commands::function_list, "7.0.0",
               "O(N) where N is the number of functions", "Returns the libraries with their functions.", kListArguments,
               "nondeterministic_output_order"),
    subcommand("function|load", -3, kChangesFunctions | kDenyOom, commands::function_load, "7.0.0",
               "O(1) (considering compilation time is redundant)", "Makes a library.", kFunctionLoadArguments,
               kAllShards),
    subcommand("function|restore", -3, kChangesFunctions | kDenyOom, commands::function_restore, "7.0.0",
               "O(N) where N is the number of functions on the payload", "Makes the libraries of a payload.",
               kRestoreArguments, kAllShards),
    subcommand("function|stats", 2, kNoScript | kAllowBusy, commands::function_stats, "7.0.0", "O(1)",
               "Returns the function that runs, and the engines.", {},
               "nondeterministic_output request_policy:all_shards response_policy:special"),
};

constexpr Command kCommands[] = {
    script_row("eval", kMayWrite, kScriptKeys, commands::eval, "2.6.0", "Runs a script.", kEvalArguments),
    script_row("eval_ro", kReadonly, kReadKeys, commands::eval, "7.0.0", "Runs a script that only reads.",
               kEvalArguments),
    script_row("evalsha", kMayWrite, kShaKeys, commands::evalsha, "2.6.0", "Runs a script of the cache.",
               kEvalshaArguments),
    script_row("evalsha_ro", kReadonly, kShaReadKeys, commands::evalsha, "7.0.0",
               "Runs a script of the cache that only reads.", kEvalshaArguments),
    script_row("fcall", kMayWrite, kScriptKeys, commands::fcall, "7.0.0", "Calls a function.", kFcallArguments),
    script_row("fcall_ro", kReadonly, kReadKeys, commands::fcall, "7.0.0", "Calls a function that only reads.",
               kFcallArguments),
    {.name = "function",
     .arity = -2,
     .flags = 0,
     .categories = 0,
     .keys = {},
     .subcommands = kFunctionCommands,
     .summary = "A container for commands on functions.",
     .since = "7.0.0",
     .group = "scripting",
     .complexity = "Depends on subcommand."},
    {.name = "script",
     .arity = -2,
     .flags = 0,
     .categories = 0,
     .keys = {},
     .subcommands = kScriptCommands,
     .summary = "A container for commands on scripts.",
     .since = "2.6.0",
     .group = "scripting",
     .complexity = "Depends on subcommand."},
};

}  // namespace

std::span<const Command> scripting_commands() {
  return kCommands;
}

}  // namespace terrace
