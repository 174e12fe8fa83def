// Environment: the outside world as the storage floor is given it. The simulation gives another one.
#pragma once

#include <cstdint>

#include "io/clock.h"
#include "io/disk.h"
#include "io/workers.h"

namespace terrace::io {

struct Environment {
  Disk& disk;
  Clock& clock;
  Workers& workers;
  std::uint64_t random_seed;  // all randomness below derives from it
};

}  // namespace terrace::io
