// CompactionPolicy: whether a background run of compaction is due, whether writers wait for it, and what a segment is
// worth to it. Numbers in, decisions out; it knows no other part of the engine.
//
// Compaction keeps the store's live share near the configured one: the bytes of live records, divided by what the store
// takes on disk. A run is due while the share is less than a 64th above the configured one; commands that grow the
// store wait while it is more than a 64th below. So the share stays near the configured one, whether compaction or the
// writers are faster. These rules come before the share:
//
//   checkpoint  on a low disk a run waits for the checkpoint under way: it would take the space that one gives back
//   suspect     a segment whose sync failed is always due: no checkpoint can be written before its records have moved
//   disabled    nothing else is due
//   low         on a low disk a run is due as long as any segment is worth it
//   hot         while memory holds most keys, garbage of up to kHotGarbageBytes is left alone, and nobody waits
//
// and no run is due within kRestUs of one that failed.
// Ownership and thread: a plain value; remembers the last failure.
#pragma once

#include <cstdint>

#include "storage/base/disk_level.h"

namespace terrace::storage {

class CompactionPolicy {
 public:
  struct Settings {
    bool enabled = true;
    double live_share = 1;
    bool throttled = false;  // a bandwidth bounds each run: the operator wants it slow
  };
  struct Numbers {
    std::uint64_t hot_keys = 0;
    std::uint64_t cold_keys = 0;
    // Of the segments that compaction can do something about. The one being compacted takes its live bytes.
    std::uint64_t live_bytes = 0;
    std::uint64_t taken_bytes = 0;
    // What compaction cannot give back itself: retired segments, what is allocated ahead, log and checkpoint.
    std::uint64_t held_bytes = 0;
    bool suspect = false;  // some segment's sync failed
  };

  // After a run that failed.
  static constexpr std::int64_t kRestUs = 1'000'000;
  // Images of hot keys die where they are when the keys are written again, and whole segments with them. To copy the
  // images beside them is not worth it for less garbage than the log of such a store takes.
  static constexpr std::uint64_t kHotGarbageBytes = kCheckpointLogSize;

  void set(const Settings& settings) { settings_ = settings; }
  void note_failure(std::int64_t now_us) { rest_until_us_ = now_us + kRestUs; }

  bool due(const Numbers& numbers, const DiskLevel& disk, bool checkpoint_running, std::int64_t now_us) const;
  // While a run is under way: does it fall so far behind the writers that they must wait?
  bool behind(const Numbers& numbers) const;
  // 0: not worth a run. `age` counts the segments that were made after this one.
  static double worth(double dead_share, std::uint64_t age, bool suspect);

 private:
  Settings settings_;
  std::int64_t rest_until_us_ = 0;
};

}  // namespace terrace::storage
