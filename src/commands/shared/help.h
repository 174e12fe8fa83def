// reply_help: the reply of a container's subcommand HELP.
#pragma once

#include <span>
#include <string_view>

#include "src/execution/context.h"

namespace terrace {

// `lines`: for each subcommand one line with its arguments and one, indented by four blanks, with what it does.
void reply_help(Context& context, std::string_view container, std::span<const std::string_view> lines);

// "ERR unknown subcommand or wrong number of arguments for 'x'. Try CONTAINER HELP."
void reply_unknown_subcommand(Context& context, std::string_view container);

}  // namespace terrace
