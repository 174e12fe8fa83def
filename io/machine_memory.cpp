#include "io/machine_memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace terrace::io {
namespace {

constexpr char kRoot[] = "/sys/fs/cgroup";

// "max", and what cannot be read, is no limit.
std::uint64_t limit_in(const std::string& path) {
  std::uint64_t bytes = 0;
  return std::ifstream(path) >> bytes ? bytes : UINT64_MAX;
}

// The lowest limit of a group and those above it.
std::uint64_t lowest_limit(const std::string& hierarchy, std::string group, const char* file) {
  std::uint64_t lowest = UINT64_MAX;
  while (true) {
    lowest = std::min(lowest, limit_in(hierarchy + group + "/" + file));
    if (group.empty()) return lowest;
    group.erase(group.rfind('/'));
  }
}

// The lines of /proc/self/cgroup are "number:controllers:/group"; version 2 has number 0 and no controllers.
std::uint64_t group_limit() {
  std::uint64_t lowest = UINT64_MAX;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t path = line.find(":/");
    if (path == std::string::npos) continue;
    const std::string group = line.size() == path + 2 ? "" : line.substr(path + 1);
    if (line.starts_with("0::")) lowest = std::min(lowest, lowest_limit(kRoot, group, "memory.max"));
    if (line.find(":memory:") != std::string::npos) {
      lowest = std::min(lowest, lowest_limit(std::string(kRoot) + "/memory", group, "memory.limit_in_bytes"));
    }
  }
  return lowest;
}

}  // namespace

std::uint64_t usable_memory_bytes() {
  const long pages = sysconf(_SC_PHYS_PAGES), page_size = sysconf(_SC_PAGESIZE);
  const std::uint64_t machine = pages > 0 && page_size > 0 ? std::uint64_t(pages) * std::uint64_t(page_size) : 0;
  return std::min(machine, group_limit());
}

}  // namespace terrace::io
