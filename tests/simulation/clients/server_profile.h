// ServerProfile: what kind of course a seed gives to clients and server: how many clients, keys and lives, how little
// memory there is, what the disk does. Drawn at random, with most things off and some turned up.
// Thread: a plain value.
#pragma once

#include <cstdint>
#include <string>

#include "storage/base/options.h"

namespace terrace::simulation {

struct ServerProfile {
  static constexpr std::int64_t kOpeningBalance = 100;  // of an account

  std::uint64_t seed = 0;

  unsigned lives = 3;
  unsigned clients = 4;
  std::uint64_t acts_per_life = 100;    // of all clients together
  std::uint64_t commands_at_once = 8;   // in a pipeline or a transaction
  std::uint64_t think_us = 1000;        // longest pause between two acts; 0: none
  std::uint64_t longest_send_us = 200;  // that replies take to a client
  unsigned databases = 3;               // the last one has nothing but accounts
  std::uint64_t keys = 8;               // of each type
  std::uint64_t accounts = 6;
  std::uint64_t largest_value = 1024;
  double script_share = 0.05;
  double expiry_share = 0.1;
  double sweep_chance = 0.01;             // FLUSHDB, FLUSHALL, SWAPDB
  double stray_chance = 0.02;             // a command on a key of another type
  std::uint64_t maintenance_us = 20'000;  // longest pause between two calls of spill, compact, checkpoint
  std::uint64_t slowness = 64;            // see ServerClock

  storage::FsyncPolicy fsync_policy = storage::FsyncPolicy::kAlways;
  std::uint64_t max_memory_bytes = 0;
  std::uint64_t checkpoint_log_bytes = 0;
  bool compaction = true;

  double crash_share = 0.8;        // of the lives; the others end in order
  double crash_in_recovery = 0.2;  // of the openings
  double survival = 0.5;           // of unsynced sectors and names; below 0: drawn at each crash
  double latency_scale = 1;

  unsigned bank() const { return databases - 1; }
  static ServerProfile draw(std::uint64_t seed);
  std::string describe() const;
};

}  // namespace terrace::simulation
