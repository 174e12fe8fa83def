// The replies of COMMAND INFO and COMMAND DOCS for one command, from its row.
#pragma once

#include "src/execution/command_table.h"
#include "src/resp/reply.h"

namespace terrace {

void describe_command(Reply& reply, const CommandEntry& entry);
void document_command(Reply& reply, const CommandEntry& entry);
void reply_key_flags(Reply& reply, std::string_view flags);  // a set
// Is the command in this ACL category? Its name is given without the '@'.
bool in_category(const Command& row, std::string_view category);

}  // namespace terrace
