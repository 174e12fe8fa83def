// INFO: the server's state as text.
#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/server/info.h"

namespace terrace {
namespace {

void info(Context& context) {
  const auto sections = context.arguments.subspan(1);
  if (tells_of_keys(sections)) context.reveal_keyspace();
  context.reply.verbatim(context.parts<InfoParts>().info.text(sections));
}

constexpr Argument kArguments[] = {optional(multiple(string("section")))};

constexpr Change kHistory[] = {{"7.0.0", "Several sections."}};

constexpr Command kCommands[] = {
    {.name = "info",
     .arity = -1,
     .flags = kLoading | kStale,
     .categories = kCategoryDangerous,
     .keys = {},
     .run = info,
     .summary = "Tells the server's state and counters.",
     .since = "1.0.0",
     .group = "server",
     .complexity = "O(1)",
     .tips = "nondeterministic_output request_policy:all_shards response_policy:special",
     .history = kHistory,
     .arguments = kArguments},
};

}  // namespace

std::span<const Command> info_commands() {
  return kCommands;
}

}  // namespace terrace
