// LogApplier: applies the log's entries at recovery. Implemented by the floor above, which alone knows their meaning.
// Ownership: the caller's; it must outlive the call of Engine::open.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/result.h"
#include "io/task.h"

namespace terrace::storage {

// Receives the log's bytes at recovery. The stream is split at arbitrary places: the incomplete rest of `bytes` is
// passed again, with more behind it, by the next call.
class LogApplier {
 public:
  virtual ~LogApplier() = default;
  // Applies the complete entries at the front of `bytes`, in order, awaiting Engine::fetch as needed; returns the
  // number of their bytes.
  virtual io::Task<Result<std::uint64_t>> apply(std::span<const std::byte> bytes) = 0;
};

}  // namespace terrace::storage
