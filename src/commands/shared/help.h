// reply_help: the answer to a command's HELP subcommand.
#pragma once

#include <span>
#include <string_view>

#include "src/execution/context.h"

namespace terrace {

// `lines`: for each subcommand its arguments and, indented by four blanks, what it does.
void reply_help(Context& context, std::string_view container, std::span<const std::string_view> lines);

// "ERR unknown subcommand or wrong number of arguments for 'x'. Try CONTAINER HELP."
void reply_unknown_subcommand(Context& context, std::string_view container);

}  // namespace terrace
