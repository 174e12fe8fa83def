// LOLWUT: a picture of the store: a hillside of terraces, of which as much is hot as of the keys.
#include <algorithm>
#include <cmath>
#include <string>

#include "src/commands/families.h"
#include "src/commands/shared/rows.h"
#include "src/execution/context.h"
#include "src/runtime/version.h"
#include "storage/engine.h"

namespace terrace {
namespace {

constexpr std::size_t kSteps = 8;
constexpr std::size_t kStepColumns = 8;

std::string hillside(double hot_share) {
  constexpr std::size_t kCells = kStepColumns * kSteps * (kSteps + 1) / 2;
  const auto hot = static_cast<std::size_t>(std::lround(hot_share * static_cast<double>(kCells)));
  std::string picture;
  std::size_t drawn = 0;
  for (std::size_t step = 1; step <= kSteps; ++step) {
    picture.append((kSteps - step) * kStepColumns / 2, ' ');
    for (std::size_t column = 0; column < step * kStepColumns; ++column) picture += drawn++ < hot ? '^' : '.';
    picture += '\n';
  }
  return picture;
}

void lolwut(Context& context) {
  const std::uint64_t hot = context.engine().statistics().hot_keys;
  std::uint64_t keys = 0;
  for (unsigned i = 0; i < context.database_count(); ++i) keys += context.engine().database(i).size();
  const double share = keys == 0 ? 0 : std::min(1.0, static_cast<double>(hot) / static_cast<double>(keys));
  context.reply.verbatim(hillside(share) + "\n^ " + std::to_string(hot) + " keys in memory, . " +
                         std::to_string(keys - std::min(hot, keys)) + " on the terraces below\n\nRedis ver. " +
                         std::string(kRedisVersion) + "\n");
}

constexpr Argument kArguments[] = {option("VERSION", integer("version"))};

constexpr Command kCommands[] = {
    {.name = "lolwut",
     .arity = -1,
     .flags = kReadonly | kFast,
     .categories = 0,
     .keys = {},
     .run = lolwut,
     .summary = "Draws the tiers of the store.",
     .since = "5.0.0",
     .group = "server",
     .arguments = kArguments},
};

}  // namespace

std::span<const Command> lolwut_commands() {
  return kCommands;
}

}  // namespace terrace
