// The limit of file descriptors of this process (ulimit -n).
// Thread: any; the limit is the process's.
#pragma once

#include <cstdint>

namespace terrace {

struct DescriptorLimit {
  std::int64_t before = 0;
  std::int64_t now = 0;
  int error_number = 0;  // why it is not what was wanted
};

// Raises the limit as far as the process may: to the hard limit, and beyond it, if it may do that, to `wanted`.
DescriptorLimit raise_descriptor_limit(std::int64_t wanted);

}  // namespace terrace
