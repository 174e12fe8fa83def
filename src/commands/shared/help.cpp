#include "src/commands/shared/help.h"

#include <string>

#include "src/commands/shared/argument.h"

namespace terrace {

void reply_help(Context& context, std::string_view container, std::span<const std::string_view> lines) {
  context.reply.array(lines.size() + 3);
  context.reply.simple(std::string(container) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (std::string_view line : lines) context.reply.simple(line);
  context.reply.simple("HELP");
  context.reply.simple("    Prints this help.");
}

void reply_unknown_subcommand(Context& context, std::string_view container) {
  context.reply.error("ERR unknown subcommand or wrong number of arguments for '" +
                      shown(context.argument(1).substr(0, 128)) + "'. Try " + std::string(container) + " HELP.");
}

}  // namespace terrace
