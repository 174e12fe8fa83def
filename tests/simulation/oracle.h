// Oracle: what the store may and must know, across its lives.
//
// It keeps every change issued, in log order, with the log's position behind it, and how far the store has promised
// durability. After a power cut what is recovered must equal the state after some prefix of the issued changes that
// holds everything promised: compared are whole databases, key by key, so a lost, doubled, reordered or half-applied
// change shows, as does a deleted key that comes back. Keys whose expiry has passed may be missing: the store may drop
// them by itself. What was recovered has been seen, so from then on it is promised.
// Thread: the simulation's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/effect.h"
#include "tests/simulation/model.h"

namespace terrace::simulation {

class Oracle {
 public:
  explicit Oracle(unsigned databases) : promised_(databases), current_(databases) {}

  // --- during a life
  // The state after all that was issued.
  const Model& current() const { return current_; }
  void issue(std::uint64_t position, std::int64_t now_us, std::vector<Effect> effects);
  // All changes up to `position` are promised to survive.
  void promise(std::uint64_t position);
  // Everything issued is promised: an orderly end.
  void promise_all() { promise(~std::uint64_t{0}); }
  // All that was issued before this time is promised (appendfsync everysec).
  void promise_issued_before(std::int64_t time_us);
  // Where the last change of a key ends, as far as this life knows; 0 if it did not change.
  std::uint64_t last_change(std::uint32_t database, const std::string& key) const;
  std::uint64_t last_sweep() const { return last_sweep_; }  // FLUSHDB or SWAPDB

  // --- after recovery
  // Says what is wrong with `recovered`, or takes it over as the state from which the next life goes on.
  std::optional<std::string> recover(Model recovered, std::int64_t now_ms);

 private:
  struct Issued {
    std::uint64_t position;
    std::int64_t time_us;
    std::vector<Effect> effects;
  };

  void fold_front();

  Model promised_;  // after all that is promised
  Model current_;
  std::deque<Issued> pending_;  // issued, not promised
  std::uint64_t promised_position_ = 0;
  std::uint64_t last_sweep_ = 0;
  std::unordered_map<std::string, std::uint64_t> last_changes_;
};

}  // namespace terrace::simulation
