// Profile: what kind of course a seed gives: how many clients, keys and lives, what the disk does, how little memory
// there is. Drawn at random, each seed with most things off and some turned up, so that rare mixtures come about.
// Thread: a plain value.
#pragma once

#include <cstdint>
#include <string>

#include "storage/base/options.h"
#include "tests/simulation/faults.h"

namespace terrace::simulation {

// Which durable bytes rot. Only where the store can know: see Life.
enum class Rot : std::uint8_t { kNone, kSegments, kLog, kMetadata };

struct Profile {
  std::uint64_t seed = 0;

  unsigned lives = 4;
  std::uint64_t operations_per_life = 500;
  unsigned clients = 4;
  unsigned pipeline = 4;         // operations a client has unacknowledged
  std::uint64_t think_us = 100;  // longest pause between two operations of a client; 0: none
  unsigned databases = 2;
  std::uint64_t keys = 200;
  std::uint64_t largest_value = 1024;
  double read_share = 0.5;
  double expiry_share = 0.1;      // of the sets
  double unit_chance = 0.02;      // of the writes: units of several turns
  std::uint64_t unit_steps = 16;  // of such a unit at most
  double sweep_chance = 0.001;    // FLUSHDB, SWAPDB
  double scan_chance = 0.01;
  std::uint64_t maintenance_us = 20'000;  // longest pause between two calls of spill, compact, checkpoint

  storage::FsyncPolicy fsync_policy = storage::FsyncPolicy::kAlways;
  std::uint64_t max_memory_bytes = 0;
  std::uint64_t checkpoint_log_bytes = 0;
  bool compaction = true;
  bool few_files = false;  // segments are small, and few of their files stay open

  double crash_share = 0.7;        // of the lives; the others end in order
  double crash_in_recovery = 0.2;  // of the openings
  double survival = 0.5;           // of unsynced sectors and names; below 0: drawn at each crash
  double latency_scale = 1;
  Faults storm;                    // what a storm brings
  std::uint64_t storm_gap_us = 0;  // longest calm between storms; 0: never one
  double storm_in_recovery = 0;    // share of openings that are tried in a storm
  std::uint64_t capacity_bytes = 0;
  bool squeeze = false;  // storms also take away the free space
  Rot rot = Rot::kNone;
  // Some writes that a failed sync should have covered read as if never written, at once. Off: they stay readable.
  bool lost_vanishes_at_once = true;

  bool stormy() const { return storm_gap_us > 0; }
  static Profile draw(std::uint64_t seed);
  std::string describe() const;
};

}  // namespace terrace::simulation
