// Replayer: the LogApplier of the simulation. Checks that the stream is whole units of whole entries in the order of
// their appends, none missing within one life's, and applies them.
// Ownership: refers to the Engine, which must be given before open(). Thread: the simulation's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/engine.h"
#include "tests/simulation/effect.h"

namespace terrace::simulation {

class Replayer : public storage::LogApplier {
 public:
  void set_engine(storage::Engine& engine) { engine_ = &engine; }

  std::unique_ptr<storage::UnitScanner> make_scanner() override;
  io::Task<Result<void>> apply(std::span<const std::byte> bytes) override;

  std::uint64_t entries() const { return entries_; }

 private:
  io::Task<Result<void>> apply_entry(const Entry& entry);

  storage::Engine* engine_ = nullptr;
  std::string pending_;  // the beginning of an entry
  std::uint64_t entries_ = 0;
  std::uint64_t last_id_ = 0;
};

// Ids of entries: the number of the life that appended them and a count within it.
constexpr std::uint64_t entry_id(std::uint64_t life, std::uint64_t count) {
  return (life << 32) | count;
}

}  // namespace terrace::simulation
