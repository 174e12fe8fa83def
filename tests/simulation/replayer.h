// Replayer: the LogApplier of the simulation. Checks that the stream is whole entries in the order of their appends,
// none missing within one life's, and applies them.
// Ownership: refers to the Engine, which must be given before open(). Thread: the simulation's.
#pragma once

#include <cstdint>

#include "storage/engine.h"

namespace terrace::simulation {

class Replayer : public storage::LogApplier {
 public:
  void set_engine(storage::Engine& engine) { engine_ = &engine; }

  io::Task<Result<std::uint64_t>> apply(std::span<const std::byte> bytes) override;

  std::uint64_t entries() const { return entries_; }

 private:
  storage::Engine* engine_ = nullptr;
  std::uint64_t entries_ = 0;
  std::uint64_t last_id_ = 0;
};

// Ids of entries: the number of the life that appended them and a count within it.
constexpr std::uint64_t entry_id(std::uint64_t life, std::uint64_t count) {
  return (life << 32) | count;
}

}  // namespace terrace::simulation
