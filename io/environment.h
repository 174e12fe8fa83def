// Environment: what the storage floor may use of the outside world. The simulation passes its own.
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
