// ServerInfo: the text of INFO: Redis' sections and fields with this server's values, and the section "Tier" about the
// store. Ownership: borrows what it tells of. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "src/server/info_sources.h"

namespace terrace {

// Do these sections tell how many keys there are?
bool tells_of_keys(std::span<const std::string_view> sections);

struct MemoryFigures {
  std::uint64_t used = 0;  // what the ledger's accounts hold
  std::uint64_t rss = 0;   // physical memory of the process
  std::uint64_t peak = 0;  // of `used`, at the times it was looked at
  std::uint64_t records = 0;
  std::uint64_t index = 0;
  std::uint64_t clients = 0;  // with their buffers and queues
  std::uint64_t total_system = 0;
};

class ServerInfo {
 public:
  explicit ServerInfo(const InfoSources& sources) : sources_(sources) {}

  // Section names in any case; "default", "all" and "everything" as in Redis; none: the default ones.
  std::string text(std::span<const std::string_view> sections) const;
  MemoryFigures memory() const;

 private:
  InfoSources sources_;
};

}  // namespace terrace
