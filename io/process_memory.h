// ProcessMemory: the process' resident set, cheap enough to read every few milliseconds.
// Ownership: owns an open file of /proc.
// Thread: any.
#pragma once

#include <cstdint>

namespace terrace::io {

class ProcessMemory {
 public:
  ProcessMemory();
  ~ProcessMemory();
  ProcessMemory(const ProcessMemory&) = delete;
  ProcessMemory& operator=(const ProcessMemory&) = delete;

  // The resident set in bytes; 0 where /proc cannot be read.
  std::uint64_t resident_bytes() const;

 private:
  int statm_;
};

}  // namespace terrace::io
