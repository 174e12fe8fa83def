// info: the text of INFO: Redis' sections and fields with this server's values, and the section "Tier" about the store.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/execution/services.h"

namespace terrace {

// Section names in any case; "default", "all" and "everything" as in Redis; none: the default ones.
std::string info_text(Services& services, std::span<const std::string_view> sections);
// Do these sections tell how many keys there are?
bool tells_of_keys(std::span<const std::string_view> sections);

struct MemoryFigures {
  std::uint64_t used = 0;      // what the allocator gave out, as far as it is known
  std::uint64_t resident = 0;  // physical memory of the process
  std::uint64_t peak = 0;      // of `used`, at the times it was looked at
  std::uint64_t records = 0;
  std::uint64_t index = 0;
  std::uint64_t client_buffers = 0;
  std::uint64_t total_system = 0;
};
MemoryFigures memory_figures(Services& services);

}  // namespace terrace
