// CompactionPolicy: whether a background run of compaction is due, whether writers must wait for it, and which segment
// is worth compacting most. Numbers in, decisions out; it uses no other part of the engine.
//
// The live share is the bytes of live records divided by all bytes that the store takes on disk. A run is due while the
// live share is less than a 64th above the configured one; commands that grow the store wait while it is more than a
// 64th below. So it stays near the configured one, whether compaction or the writers are faster. Other rules come
// first, in this order:
//
//   checkpoint  on a low disk no run is due during a checkpoint: a run would take the space that it frees
//   suspect     a segment whose sync failed is always due: no checkpoint can be written before its records have moved
//   disabled    nothing else is due
//   low         on a low disk a run is due, as long as any segment is worth it
//   hot         while memory holds most keys, up to kHotGarbageBytes of garbage are left alone, and no command waits
//
// No run is due within kRestUs after one that failed.
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
    bool throttled = false;  // a bandwidth limits each run, so it is meant to be slow
  };
  struct Numbers {
    std::uint64_t hot_keys = 0;
    std::uint64_t cold_keys = 0;
    // Of the segments that compaction can work on. The one being compacted counts with its live bytes only.
    std::uint64_t live_bytes = 0;
    std::uint64_t taken_bytes = 0;
    // What only others can give back: retired segments, space allocated ahead, log and checkpoint.
    std::uint64_t held_bytes = 0;
    bool suspect = false;  // some segment's sync failed
  };

  // After a run that failed.
  static constexpr std::int64_t kRestUs = 1'000'000;
  // The images of hot keys die in place when the keys are written again, and whole segments with them. To copy the
  // other images is not worth it for less garbage than such a store's log takes.
  static constexpr std::uint64_t kHotGarbageBytes = kCheckpointLogSize;

  void set(const Settings& settings) { settings_ = settings; }
  void note_failure(std::int64_t now_us) { rest_until_us_ = now_us + kRestUs; }

  bool due(const Numbers& numbers, const DiskLevel& disk, bool checkpoint_running, std::int64_t now_us) const;
  // Asked during a run: whether it is so far behind the writers that they must wait.
  bool behind(const Numbers& numbers) const;
  // What a segment is worth; 0: nothing. `age`: the number of segments made after this one.
  static double worth(double dead_share, std::uint64_t age, bool suspect);

 private:
  Settings settings_;
  std::int64_t rest_until_us_ = 0;
};

}  // namespace terrace::storage
