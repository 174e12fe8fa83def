// The families of commands that make up this build's table. Each stands in files of its own with a row per command.
#pragma once

#include <span>

#include "src/execution/command.h"

namespace terrace {

std::span<const Command> string_commands();
std::span<const Command> hash_commands();
std::span<const Command> set_commands();
std::span<const Command> list_commands();
std::span<const Command> stream_commands();
std::span<const Command> sorted_set_commands();
std::span<const Command> geo_commands();
std::span<const Command> bitmap_commands();
std::span<const Command> hyperloglog_commands();
std::span<const Command> key_commands();
std::span<const Command> sort_commands();
std::span<const Command> connection_commands();
std::span<const Command> client_commands();
std::span<const Command> command_commands();
std::span<const Command> config_commands();
std::span<const Command> server_commands();
std::span<const Command> transaction_commands();
std::span<const Command> info_commands();
std::span<const Command> memory_commands();
std::span<const Command> slowlog_commands();
std::span<const Command> latency_commands();
std::span<const Command> debug_commands();
std::span<const Command> terrace_commands();

}  // namespace terrace
