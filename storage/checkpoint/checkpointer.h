// Checkpointer: writes checkpoints. A checkpoint is a cut at log position X: dirty records go to segments, the index to
// a checkpoint file, then the manifest names both, and what only older checkpoints needed is deleted.
// Ownership: borrows the store's parts. Thread: the reactor's; one checkpoint at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/checkpoint/checkpoint_file.h"
#include "storage/checkpoint/entry_group.h"
#include "storage/checkpoint/manifest.h"
#include "storage/keyspace/cut.h"
#include "storage/keyspace/database_set.h"
#include "storage/log/log.h"
#include "storage/tiering/spiller.h"

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
  };

  explicit Checkpointer(const Parts& parts) : parts_(parts) {}

  // Writes one, or joins the one under way.
  io::Task<Result<void>> checkpoint();
  // Bytes that a checkpoint begun now takes at most, of its file and of what it spills.
  std::uint64_t size_bound() const;
  // Of its file alone, by what the entries of the last one took.
  std::uint64_t expected_file_size() const;
  // What the last one spilled, before it was packed.
  std::uint64_t last_image_bytes() const { return last_image_bytes_; }
  // Entries of the log behind the last one's cut; before the first that this process writes as many as can be.
  std::uint64_t log_entries_behind() const;
  bool running() const { return running_; }
  io::Task<void> wait_idle();
  const Manifest& manifest() const { return manifest_; }
  void set_manifest(const Manifest& manifest) {
    manifest_ = manifest;
    next_serial_ = manifest.checkpoint_serial + 1;
  }
  // Deletes the files of checkpoints that the manifest does not name.
  io::Task<Result<void>> remove_other_checkpoints();

 private:
  class Session;

  std::uint64_t entry_count() const;
  io::Task<Result<void>> run();
  io::Task<Result<void>> publish(const LogMark& mark, std::uint64_t serial, std::uint64_t cut_number,
                                 std::uint32_t next_database_id);

  Parts parts_;
  Manifest manifest_;
  std::uint64_t next_serial_ = 1;                  // of checkpoint files; every attempt takes one
  double entry_size_ = EntryGroup::kLargestEntry;  // bytes, in the last checkpoint
  std::uint64_t last_image_bytes_ = 0;
  std::optional<std::uint64_t> cut_log_entries_;  // Statistics::log_entries at the last one's cut
  bool running_ = false;
  Result<void> last_result_;
  io::Event finished_;
};

}  // namespace terrace::storage
