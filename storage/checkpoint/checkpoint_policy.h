// CheckpointPolicy: whether a checkpoint is due. Numbers in, a decision out; it uses no other part of the engine.
//
// A checkpoint writes its file and the dirty records. It frees the log before its cut, which shortens the next start,
// and the retired segments, which have no live record and which only the last checkpoint refers to. It is due when one
// of these is true:
//
//   log        the log behind the last cut, or its files, are longer than the bound
//   held       the retired segments take more than the bound
//   low        the disk is low, and log or retired segments take more than a checkpoint may write
//   exhausted  the disk is exhausted, and log or retired segments take anything at all
//
// and never while a checkpoint runs, when the log has failed, or within kRestUs after a checkpoint that failed.
//
// Both bounds follow the store. While most keys are cold, they are a share of the segments. While most keys are hot,
// the log's bound follows the time its replay would take, because the hot records that a checkpoint writes are soon
// written again.
// Ownership and thread: a plain value; remembers the last failure.
#pragma once

#include <cstdint>

#include "storage/base/disk_level.h"

namespace terrace::storage {

class CheckpointPolicy {
 public:
  struct Numbers {
    std::uint64_t hot_keys = 0;
    std::uint64_t cold_keys = 0;
    std::uint64_t index_bytes = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t retired_bytes = 0;       // of these, in segments that only the last checkpoint refers to
    std::uint64_t log_bytes = 0;           // behind the last cut
    std::uint64_t log_entries = 0;         // in them
    std::uint64_t full_log_files = 0;      // all but the one being written
    std::uint64_t most_written_bytes = 0;  // the most that a checkpoint begun now would write
    std::uint64_t expected_file_bytes = 0;
    std::uint64_t last_image_bytes = 0;  // that the last checkpoint spilled, before packing
    bool log_failed = false;
    bool running = false;
  };
  struct Bounds {
    std::uint64_t log_bytes = 0;
    std::uint64_t held_bytes = 0;
  };

  // After a checkpoint that failed.
  static constexpr std::int64_t kRestUs = 1'000'000;

  // The configured bound of the log; 0: it follows the store.
  void set_log_bytes(std::uint64_t bytes) { log_bytes_ = bytes; }
  void note_failure(std::int64_t now_us) { rest_until_us_ = now_us + kRestUs; }

  Bounds bounds(const Numbers& numbers, const DiskLevel& disk) const;
  bool due(const Numbers& numbers, const DiskLevel& disk, std::int64_t now_us) const;

 private:
  std::uint64_t log_bytes_ = 0;
  std::int64_t rest_until_us_ = 0;
};

}  // namespace terrace::storage
