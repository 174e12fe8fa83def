// Options: the store's settings. Plain values, validated by the code that reads the configuration.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace terrace::storage {

class ObjectDecoder;

enum class FsyncPolicy : std::uint8_t {
  kAlways,       // replies wait for the sync
  kEverySecond,  // at most about a second is lost by a power cut
  kNever,        // syncs are left to the device and to checkpoints
};

enum class LogLevel : std::uint8_t { kDebug, kVerbose, kNotice, kWarning, kNothing };

struct Options {
  unsigned database_count = 16;
  FsyncPolicy fsync_policy = FsyncPolicy::kAlways;
  std::uint64_t max_memory_bytes = 0;  // bound on the resident set; 0: none
  // Cache mode: with a quota above 0, the least useful segment is dropped when segments would take more.
  std::uint64_t disk_quota_bytes = 0;
  bool cache_only_volatile = false;               // volatile-*: drop only keys with an expiry
  std::uint64_t checkpoint_log_bytes = 0;         // 0: it follows the store (checkpoint_policy.h)
  std::uint64_t background_bytes_per_second = 0;  // compaction and scrubber; 0: unbounded
  unsigned scrub_days = 30;                       // one full pass; 0: off
  std::size_t open_segment_files = SIZE_MAX;      // at most; segments being written to come on top
  std::uint64_t segment_bytes = 0;                // size of new segments; 0: it follows the store
  bool tiering = true;                            // false: only checkpoints spill
  bool compaction = true;
  double compaction_live_share = 0.8;  // background compaction keeps this share of the records in segments live
  bool dictionaries = true;            // cold records are compressed with a dictionary trained on others
  // Decodes large values from their images; must outlive the store. Without one, the store must hold no large values.
  const ObjectDecoder* object_decoder = nullptr;
  // Returns the process' resident set in bytes. Without it, the ledger's accounts are used instead.
  std::function<std::uint64_t()> resident_memory_probe;
  // Called with the store's messages (recovery, torn tails, bad pages): one line each, without a line end.
  std::function<void(LogLevel, const std::string&)> log;
};

}  // namespace terrace::storage
