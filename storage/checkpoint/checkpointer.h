// Checkpointer: writes checkpoints. A checkpoint is a cut at log position X: dirty records are written to segments, the
// index to a checkpoint file; then the manifest names the file and X, and what only older checkpoints needed is
// deleted.
//
// Invariants:
// - One checkpoint at a time; a second caller waits for it (Index::begin_cut() checks that an index has one cut).
// - No mark lies inside a unit: none is taken while a unit is open (checked by Log::mark(); the mutant kMarkInsideUnit
//   breaks it).
// - Nothing suspends between the log's mark and the cut's construction: the cut has exactly the effects before the
//   mark. (The log's replay begins at the mark; the simulation's oracle finds an effect that is lost or applied twice.)
// - Before the manifest is written, everything it refers to is durable: the segments of the cut
//   (SegmentTable::sync_all), the log up to the mark (Log::make_durable), the checkpoint file
//   (CheckpointWriter::finish).
// - Every entry of a checkpoint file lies in a segment that the file lists: a segment that died after the cut began is
//   listed too, and its file stays (Recovery::count_live() refuses others; SegmentTable::remove_retired() deletes only
//   segments that were retired before the cut).
// - Nothing that a durable manifest refers to is deleted. After a manifest could not be written, either of the two may
//   be durable, so the checkpoints of both stay.
// Ownership: borrows the store's parts.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/base/disk_level.h"
#include "storage/checkpoint/checkpoint_policy.h"
#include "storage/checkpoint/entry_group.h"
#include "storage/checkpoint/manifest.h"
#include "storage/keyspace/database_set.h"
#include "storage/log/log.h"
#include "storage/segment/segment_writer.h"

namespace terrace::storage {

class Checkpointer {
 public:
  struct Parts {
    const io::Environment& environment;
    DatabaseSet& databases;
    SegmentTable& segments;
    SegmentWriter& writer;
    Log& log;
    Statistics& statistics;
    Ledger& ledger;
  };

  explicit Checkpointer(const Parts& parts) : parts_(parts) {}

  // Writes a checkpoint, or waits for the one in progress.
  io::Task<Result<void>> checkpoint();
  // Whether one is due (checkpoint_policy.h).
  bool due(const DiskLevel& disk) const;
  // The length of the log at which one is due; 0: it follows the store.
  void set_log_bound(std::uint64_t bytes) { policy_.set_log_bytes(bytes); }
  // The most bytes that a checkpoint begun now would write, for its file and for dirty records.
  std::uint64_t size_bound() const;
  // The expected size of its file, from the size of the last one's entries.
  std::uint64_t expected_file_size() const;
  bool running() const { return running_; }
  io::Task<void> wait_idle();
  const Manifest& manifest() const { return manifest_; }
  void set_manifest(const Manifest& manifest) {
    manifest_ = manifest;
    next_serial_ = manifest.checkpoint_serial + 1;
  }
  // What each checkpoint from now on has for the floor above.
  void set_attachment(std::string bytes) { attachment_ = std::move(bytes); }
  // Deletes the checkpoint files that the manifest does not name.
  io::Task<Result<void>> remove_other_checkpoints();

 private:
  class Session;

  CheckpointPolicy::Numbers numbers() const;
  // Entries of the log behind the last cut; the largest number before this process' first checkpoint.
  std::uint64_t log_entries_behind() const;
  io::Task<Result<void>> run();
  io::Task<Result<void>> publish(const LogMark& mark, std::uint64_t serial, std::uint64_t cut_number,
                                 std::uint32_t next_database_id);

  Parts parts_;
  CheckpointPolicy policy_;
  Manifest manifest_;
  std::string attachment_;
  std::uint64_t next_serial_ = 1;                  // of checkpoint files; every attempt uses one
  double entry_size_ = EntryGroup::kLargestEntry;  // bytes, in the last checkpoint
  std::uint64_t last_image_bytes_ = 0;             // that the last one spilled, before packing
  bool running_ = false;
  Result<void> last_result_;
  io::Event finished_;
};

}  // namespace terrace::storage
