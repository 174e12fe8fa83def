// OpenUnit: the one unit that has begun and is suspended, for a read or for its next turn. It decides which other calls
// must wait until the unit is committed.
//
// Invariants:
// - At most one unit is open.
// - While a unit is open, another call runs only if its row names all its keys, and none of them is among the unit's keys
//   but for those that both only read. Commands on the whole keyspace, expiry, the serving of blocked clients and other
//   EXECs wait.
// - No other call removes a key of the unit: one that has expired since the unit began is only hidden (holds()).
// Ownership: owned by the dispatcher; borrows the batch. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "io/sync.h"
#include "src/execution/command_batch.h"

namespace terrace {

class OpenUnit {
 public:
  // An open unit runs for so long before other batches have their turn.
  static constexpr std::uint64_t kSliceNs = 500'000;
  // A unit with more effects appends them to the log as a piece, so that its effects may be larger than memory.
  static constexpr std::size_t kPieceBytes = 4 << 20;
  // Milliseconds that an open unit leaves to eviction at most, for each window that it has read, while memory is full.
  // It does not wait until there is room, for eviction might in turn need what waits for the unit.
  static constexpr unsigned kMostMoments = 100;

  bool active() const { return batch_ != nullptr; }
  // Must this call wait? For calls of other units whose keys are planned.
  bool excludes(const Call& call, const Origin& origin) const;

  // Is this one of the keys of a unit that is open for another batch?
  bool holds(const CommandBatch& asking, const storage::Key& key, unsigned database) const {
    return batch_ != nullptr && batch_ != &asking && contains(keys_, mix(key, database));
  }

  // The transaction of the batch is suspended for the first time.
  void open(const CommandBatch& batch);
  // The unit has been committed.
  void close();
  // Resumes those who waited for the unit that was closed: after the blocked clients it had something for were served.
  void resume_waiting() {
    if (!resumes_) return;
    resumes_ = false;
    closed_.notify();
  }
  io::Event& closed() { return closed_; }

 private:
  using Hashes = std::vector<std::uint64_t>;  // sorted

  static std::uint64_t mix(const storage::Key& key, unsigned database) {
    return key.hash ^ (database * 0x9E3779B97F4A7C15ull);
  }
  static bool contains(const Hashes& hashes, std::uint64_t hash) {
    return std::binary_search(hashes.begin(), hashes.end(), hash);
  }

  const CommandBatch* batch_ = nullptr;
  bool resumes_ = false;  // a unit was closed, and those who waited for it wait still
  bool excludes_all_ = false;
  Hashes keys_;
  Hashes changed_keys_;  // those of them that the unit does not only read
  io::Event closed_;
};

}  // namespace terrace
