// LogApplier: what the engine replays its log into at recovery: the floor above, which alone knows what entries mean.
// Ownership: the caller's; it outlives the call of Engine::open. Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/result.h"
#include "io/task.h"

namespace terrace::storage {

// Takes the log's bytes back at recovery. The stream is cut at arbitrary places: what is incomplete at the end of
// `bytes` is given again, with more behind it, by the next call.
class LogApplier {
 public:
  virtual ~LogApplier() = default;
  // Applies the complete entries at the front of `bytes` (in order, awaiting Engine::fetch as needed); says how many
  // bytes they took.
  virtual io::Task<Result<std::uint64_t>> apply(std::span<const std::byte> bytes) = 0;
};

}  // namespace terrace::storage
