// Statistics: the store's counters at one moment, for INFO. Bytes and counts since open() unless noted otherwise.
#pragma once

#include <cstdint>

namespace terrace::storage {

struct Statistics {
  // now
  std::uint64_t hot_keys = 0;
  std::uint64_t cold_keys = 0;
  std::uint64_t record_memory_bytes = 0;  // hot records
  std::uint64_t index_memory_bytes = 0;
  std::uint64_t index_entries = 0;       // keys, overwritten entries and witnesses
  std::uint64_t dirty_memory_bytes = 0;  // hot records that differ from their image on disk
  std::uint64_t segments = 0;
  std::uint64_t segment_files_open = 0;  // of sealed segments
  std::uint64_t segment_bytes = 0;
  std::uint64_t segment_retired_bytes = 0;  // of these, only for the last checkpoint
  std::uint64_t segment_unused_bytes = 0;   // of these, allocated ahead of the data
  std::uint64_t live_records = 0;
  std::uint64_t dead_records = 0;
  std::uint64_t overwritten_records = 0;  // of the dead ones: overwritten without being read, and not resolved yet
  std::uint64_t live_bytes = 0;           // of segments: each one's size in proportion to its live records
  std::uint64_t log_bytes = 0;            // from the last checkpoint's position to the end
  std::uint64_t log_file_bytes = 0;       // of the files that hold them
  std::uint64_t log_spare_bytes = 0;      // of files that are ready for the writer
  std::uint64_t disk_free_bytes = 0;
  bool writes_stalled = false;

  // record reads and eviction
  std::uint64_t page_reads = 0;  // device reads issued for clients
  std::uint64_t page_read_bytes = 0;
  std::uint64_t page_read_us = 0;       // the reads' durations added up: per time span, the mean number in flight
  std::uint64_t shared_page_reads = 0;  // served by a read that was in flight already
  std::uint64_t false_fetches = 0;      // a fingerprint matched, the key did not
  std::uint64_t promotions = 0;
  std::uint64_t evictions_clean = 0;  // became cold without a write
  std::uint64_t spilled_records = 0;
  std::uint64_t spilled_bytes = 0;      // written to segments by spilling and checkpoints
  std::uint64_t spilled_raw_bytes = 0;  // the same before packing
  std::uint64_t bad_pages = 0;
  std::uint64_t room_waits = 0;  // commands that waited for memory
  std::uint64_t cache_dropped_records = 0;

  // compaction and scrubber
  std::uint64_t compactions = 0;
  std::uint64_t compaction_waits = 0;  // commands that waited for compaction
  std::uint64_t compacted_records = 0;
  std::uint64_t compaction_read_bytes = 0;
  std::uint64_t compaction_written_bytes = 0;
  std::uint64_t compaction_raw_bytes = 0;
  std::uint64_t dictionary = 0;  // id of the dictionary that new pages are packed with; 0: none
  std::uint64_t expired_cold_keys = 0;
  std::uint64_t scrubbed_pages = 0;
  std::uint64_t scrub_passes = 0;

  // objects that are freed in the background
  std::uint64_t lazy_free_pending = 0;
  std::uint64_t lazily_freed = 0;

  // checkpoints and the log
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoint_failures = 0;
  std::uint64_t checkpoint_written_bytes = 0;  // of the index; the records that checkpoints spill are in spilled_bytes
  std::int64_t last_checkpoint_ms = 0;         // wall clock of the last durable one
  std::uint64_t last_checkpoint_duration_us = 0;
  std::uint64_t log_entries = 0;          // appended; each is a command, or a transaction
  std::uint64_t log_entries_covered = 0;  // of them, those that the last durable checkpoint made unnecessary
  std::uint64_t log_frames = 0;
  std::uint64_t log_payload_bytes = 0;
  std::uint64_t log_written_bytes = 0;
  std::uint64_t log_sync_failures = 0;
  std::uint64_t recovered_log_bytes = 0;   // replayed by open()
  std::uint64_t recovered_torn_bytes = 0;  // cut off the log's tail by open(): torn frames and an unfinished unit
  std::uint64_t recovery_duration_us = 0;
};

}  // namespace terrace::storage
