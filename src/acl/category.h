// ACL categories of commands: what the table rows' flags imply, and what the rows name.
// Ownership: no state. Thread: any.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "src/execution/command.h"

namespace terrace::acl {

// All names, in the order of Redis' replies.
std::span<const std::string_view> category_names();
bool is_category(std::string_view name);
// Those of a command, in the same order.
std::vector<std::string_view> categories_of(const Command& row);
// The name is given without the '@', in any case.
bool in_category(const Command& row, std::string_view name);

}  // namespace terrace::acl
