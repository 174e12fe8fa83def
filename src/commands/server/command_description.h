// The replies of COMMAND INFO and COMMAND DOCS for one command, from its row.
#pragma once

#include "src/execution/command_table.h"
#include "src/resp/reply.h"

namespace terrace {

void describe_command(Reply& reply, const CommandEntry& entry);
void document_command(Reply& reply, const CommandEntry& entry);
void reply_key_flags(Reply& reply, std::string_view flags);  // a set

}  // namespace terrace
