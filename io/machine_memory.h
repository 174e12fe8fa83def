// The memory that this process may use: the machine's, or its control group's if that is less.
// Thread: any.
#pragma once

#include <cstdint>

namespace terrace::io {

// Source: the kernel's cgroup-v2.rst (memory.max) and cgroup-v1/memory.rst (memory.limit_in_bytes). Limits of all groups
// above the process' own count. 0 where nothing can be read.
std::uint64_t usable_memory_bytes();

}  // namespace terrace::io
