#include "src/commands/families.h"

#include <vector>

namespace terrace {

std::span<const std::span<const Command>> command_families() {
  static const std::vector<std::span<const Command>> families = {
      string_commands(),      hash_commands(),    list_commands(),    key_commands(),        connection_commands(),
      client_commands(),      command_commands(), config_commands(),  server_commands(),     info_commands(),
      memory_commands(),      slowlog_commands(), latency_commands(), debug_commands(),      terrace_commands(),
      set_commands(),         sort_commands(),    stream_commands(),  sorted_set_commands(), bitmap_commands(),
      hyperloglog_commands(), geo_commands(),
  };
  return families;
}

}  // namespace terrace
