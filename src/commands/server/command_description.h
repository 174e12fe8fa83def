// What COMMAND INFO and COMMAND DOCS tell of a command, from its row alone.
#pragma once

#include "src/execution/command_table.h"
#include "src/resp/reply.h"

namespace terrace {

void describe_command(Reply& reply, const CommandEntry& entry);
void document_command(Reply& reply, const CommandEntry& entry);
void reply_key_flags(Reply& reply, std::string_view flags);  // a set
// By its ACL category, "@write" without the '@'.
bool in_category(const Command& row, std::string_view category);

}  // namespace terrace
