// ServerInfo: the text of INFO: the sections and fields of Redis, and the section "Tier" about the store.
// Ownership: borrows its sources. Thread: the reactor's.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "src/server/info_sources.h"

namespace terrace {

// Does one of these sections have the number of keys?
bool tells_of_keys(std::span<const std::string_view> sections);

struct MemoryFigures {
  std::uint64_t used = 0;  // what the ledger's accounts hold
  std::uint64_t rss = 0;   // physical memory of the process
  std::uint64_t peak = 0;  // the highest `used` that a sample has seen
  std::uint64_t records = 0;
  std::uint64_t index = 0;
  std::uint64_t clients = 0;  // with their buffers and queues
  std::uint64_t script_caches = 0;
  std::uint64_t function_caches = 0;
  std::uint64_t total_system = 0;
};

// What MEMORY STATS tells of the allocator, by name. The ledger counts what it has given out; of what it keeps beyond
// that only the process' size is known.
std::array<std::pair<std::string_view, std::int64_t>, 7> allocator_bytes(const MemoryFigures& memory);

class ServerInfo {
 public:
  explicit ServerInfo(const InfoSources& sources) : sources_(sources) {}

  // `sections`: names in any case, also "default", "all" and "everything" as in Redis; none: the default sections.
  std::string text(std::span<const std::string_view> sections) const;
  MemoryFigures memory() const;

 private:
  InfoSources sources_;
};

}  // namespace terrace
