#include "io/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <cstring>

namespace terrace::io {

ProcessMemory::ProcessMemory() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

ProcessMemory::~ProcessMemory() {
  if (statm_ >= 0) ::close(statm_);
}

// "size resident shared ...", in pages.
std::uint64_t ProcessMemory::resident_bytes() const {
  char text[128];
  const ssize_t size = ::pread(statm_, text, sizeof text, 0);
  if (size <= 0) return 0;
  const auto* field = static_cast<const char*>(std::memchr(text, ' ', static_cast<std::size_t>(size)));
  if (field == nullptr) return 0;
  std::uint64_t pages = 0;
  std::from_chars(field + 1, text + size, pages);
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace terrace::io
