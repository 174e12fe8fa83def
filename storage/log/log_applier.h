// LogApplier, UnitScanner: what the engine replays its log into at recovery: the floor above, which alone knows what the
// log's bytes mean. They are units one behind the other: a unit is what is taken back as a whole or not at all, one
// command or several. Units may be larger than memory.
// Ownership: the applier is the caller's; it outlives the call of Engine::open. A scanner is its maker's caller's.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "io/result.h"
#include "io/task.h"

namespace terrace::storage {

// Finds where units end in the log's bytes as they come. Keeps none of them: its memory is bounded.
class UnitScanner {
 public:
  virtual ~UnitScanner() = default;
  // Takes the next bytes, which are cut at arbitrary places. Says how many of them lie before the end of the last unit
  // that ends in them; 0: none does. An error (kCorrupt) says that they are no log.
  virtual Result<std::uint64_t> scan(std::span<const std::byte> bytes) = 0;
};

class LogApplier {
 public:
  virtual ~LogApplier() = default;
  // A scanner that begins where a unit begins.
  virtual std::unique_ptr<UnitScanner> make_scanner() = 0;
  // Applies the log's next bytes (awaiting Engine::fetch as needed). Each byte comes once, in order, and only when the
  // end of its unit was seen. The bytes are cut at arbitrary places: the applier keeps what is incomplete at the end of
  // `bytes`, a part of one command at most, until the next call brings more of it.
  virtual io::Task<Result<void>> apply(std::span<const std::byte> bytes) = 0;
};

}  // namespace terrace::storage
