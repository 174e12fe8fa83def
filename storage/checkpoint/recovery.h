// Recovery: restores databases and segments from the last checkpoint; the log is replayed afterwards.
// Ownership: borrows the store's parts; exists during open() only.
// Thread: the reactor's.
#pragma once

#include <memory>
#include <vector>

#include "io/environment.h"
#include "io/task.h"
#include "storage/checkpoint/checkpoint_file.h"
#include "storage/checkpoint/manifest.h"
#include "storage/keyspace/database_set.h"

namespace terrace::storage {

class Recovery final : CheckpointSink {
 public:
  Recovery(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments)
      : environment_(environment), databases_(databases), segments_(segments) {}

  // Reads the manifest; in an empty directory, creates a new store's.
  io::Task<Result<Manifest>> open_manifest();
  // Fills indexes and segment table from the manifest's checkpoint.
  io::Task<Result<void>> load_checkpoint(const Manifest& manifest);
  const std::string& found_attachment() const { return attachment_; }

 private:
  io::Task<Result<Manifest>> create_store();
  Result<void> database(unsigned number, std::uint32_t id, std::uint64_t entries) override;
  Result<void> entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) override;
  Result<void> segment(std::unique_ptr<Segment> segment) override;
  Result<void> attachment(std::string_view bytes) override;
  io::Task<Result<void>> adopt_segments();
  Result<void> count_live();

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentTable& segments_;
  std::vector<std::unique_ptr<Segment>> found_;
  std::string attachment_;
};

}  // namespace terrace::storage
