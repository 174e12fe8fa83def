// OpenUnit: the one unit that has been begun and waits, for a page or for its turn, and who must wait for it.
//
// Invariants:
// - At most one unit is open.
// - While it is, a call runs only if all its keys are known from its row and none of them is among the unit's. Calls on
//   the keyspace as a whole, expiry, the serving of blocked clients and other EXECs wait.
// Ownership: owned by the dispatcher; borrows the batch. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "io/sync.h"
#include "src/execution/command_batch.h"

namespace terrace {

class OpenUnit {
 public:
  bool active() const { return batch_ != nullptr; }
  // May this call not run now? Asked for calls of other units, with their keys planned.
  bool excludes(const Call& call, const Origin& origin) const;

  // The batch's transaction suspends for the first time.
  void open(const CommandBatch& batch);
  // It has been committed.
  void close();
  io::Event& closed() { return closed_; }

 private:
  static std::uint64_t mix(const PlannedKey& key) { return key.key.hash ^ (key.database * 0x9E3779B97F4A7C15ull); }

  const CommandBatch* batch_ = nullptr;
  bool excludes_all_ = false;
  std::unordered_set<std::uint64_t> keys_;
  io::Event closed_;
};

}  // namespace terrace
