// Evictor: makes records cold. A clock hand walks the indexes. A record that was accessed since the last visit gets one
// more round; a clean record becomes cold at once; a dirty one is written first (Spiller), and becomes cold when the
// write is done and it has not changed since. Runs in the background while the governor demands it.
// Ownership: borrows the store's parts.
// Thread: the reactor's.
#pragma once

#include <cstdint>

#include "io/environment.h"
#include "io/slice.h"
#include "io/sync.h"
#include "storage/keyspace/database_set.h"
#include "storage/memory/memory_governor.h"
#include "storage/tiering/spiller.h"

namespace terrace::storage {

class Evictor {
 public:
  Evictor(const io::Environment& environment, DatabaseSet& databases, Spiller& spiller, MemoryGovernor& governor,
          Statistics& statistics)
      : environment_(environment),
        databases_(databases),
        spiller_(spiller),
        governor_(governor),
        statistics_(statistics) {}

  void set_enabled(bool enabled) { enabled_ = enabled; }
  // False: dirty records stay in memory, because the disk is nearly full.
  void set_spilling(bool spilling) {
    spilling_ = spilling;
    if (!spilling) progress_.notify();  // no room will come: waiters must not wait on
  }
  // Starts work if the governor demands it; cheap, called often.
  void poll();
  bool enabled() const { return enabled_; }
  // Why commands that need memory find no room, and will not soon: memory is full, and for a while no record could be
  // written. nullptr: none does, or eviction makes room.
  const Error* obstacle() const;
  // Waits until commands that need memory have room, or for nothing while there is an obstacle.
  io::Task<void> wait_for_room();
  io::Task<void> stop();

  // Makes every record cold that does not change in the meantime; or one record.
  io::Task<Result<void>> spill_all();
  io::Task<Result<void>> spill(Keyspace& keyspace, const Key& key);

 private:
  // The result of a walk.
  struct Walked {
    std::uint64_t freed_bytes = 0;  // of records that have become cold, or will when they are written
    bool fruitful = false;          // some did, or will at the hand's next visit
  };

  io::Task<void> run();
  std::uint64_t walk_slice(const io::Slice& slice, std::uint64_t excess);
  Walked walk_chain(Keyspace& keyspace, std::uint32_t chain, bool all);
  bool whole_round_found_none() const;
  bool in_chosen_span(const Record* record) const;
  std::uint64_t evict(Keyspace& keyspace, IndexEntry& entry, std::uint64_t known_hash);
  void advance();
  io::Task<Result<void>> written_since(std::uint64_t failures);

  const io::Environment& environment_;
  DatabaseSet& databases_;
  Spiller& spiller_;
  MemoryGovernor& governor_;
  Statistics& statistics_;
  unsigned hand_database_ = 0;
  std::uint32_t hand_chain_ = 0;
  std::uint64_t rounds_ = 0;      // of the hand
  std::uint64_t span_share_ = 0;  // for the rest of the hand's round (MemoryGovernor::span_share())
  bool enabled_ = true;
  bool spilling_ = true;
  bool running_ = false;
  unsigned fruitless_slices_ = 0;       // consecutive slices that freed nothing
  std::uint64_t fruitless_chains_ = 0;  // consecutive chains with nothing to evict, now or at the next visit
  bool stopping_ = false;
  io::Event progress_;
  io::Gate tasks_;
};

}  // namespace terrace::storage
