// LogApplier, UnitScanner: the floor above, which alone knows what the log's bytes mean, applies them at recovery. The
// bytes are units, one behind the other. A unit is one command or several; it is applied as a whole or not at all. A
// unit may be larger than memory.
// Ownership: the applier is the caller's and must outlive the call of Engine::open. The caller of make_scanner() owns
// the scanner.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "io/result.h"
#include "io/task.h"

namespace terrace::storage {

// Finds the ends of units in the log's bytes. Keeps none of the bytes: its memory is bounded.
class UnitScanner {
 public:
  virtual ~UnitScanner() = default;
  // Receives the next bytes, which are split at arbitrary places. Returns how many of them lie before the end of the
  // last unit that ends in them; 0 if none does. An error (kCorrupt): they are not a log.
  virtual Result<std::uint64_t> scan(std::span<const std::byte> bytes) = 0;
};

class LogApplier {
 public:
  virtual ~LogApplier() = default;
  // The scanner begins at the beginning of a unit.
  virtual std::unique_ptr<UnitScanner> make_scanner() = 0;
  // Before the log: what the floor above keeps with the store (Engine::set_attachment), as the checkpoint has it. Empty
  // if there is none.
  virtual Result<void> attachment(std::string_view) { return {}; }
  // Applies the log's next bytes, awaiting Engine::fetch as needed. Each byte comes once, in order, and only after the
  // end of its unit was seen. The bytes are split at arbitrary places: the applier keeps the incomplete rest of
  // `bytes`, at most a part of one command, until the next call.
  virtual io::Task<Result<void>> apply(std::span<const std::byte> bytes) = 0;
};

}  // namespace terrace::storage
