// Compactor: reclaims the space of dead records. It copies the live records of the segment that is worth most into a
// fresh segment, image by image, unchanged, and then points the index at the copies wherever it still points at the
// originals. A bad page is neither copied nor given up: its segment stays.
// Ownership: borrows the store's parts.
// Thread: the reactor's; one run at a time.
#pragma once

#include <cstdint>
#include <functional>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/base/disk_level.h"
#include "storage/base/options.h"
#include "storage/keyspace/database_set.h"
#include "storage/segment/segment_writer.h"
#include "storage/tiering/compaction_policy.h"
#include "storage/tiering/segment_iterator.h"

namespace terrace::storage {

class Compactor {
 public:
  Compactor(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments, SegmentWriter& writer,
            Statistics& statistics, Ledger& ledger, const std::function<void(const Error&)>& report)
      : environment_(environment),
        databases_(databases),
        segments_(segments),
        writer_(writer),
        statistics_(statistics),
        ledger_(ledger),
        report_(report) {}

  void reconfigure(const Options& options);
  // What the store takes on disk beside its segments: log and checkpoint.
  void set_bytes_beside(std::uint64_t bytes) { bytes_beside_ = bytes; }
  // Compacts segments until none is worth it, or until `may_continue`, called after each, returns false.
  io::Task<Result<void>> compact(const std::function<bool()>& may_continue);
  // Whether a background run is due (compaction_policy.h).
  bool due(const DiskLevel& disk, bool checkpoint_running) const;
  // A run is in progress and falls behind the writers: commands that grow the store must wait.
  bool behind() const { return behind_; }
  io::Task<void> wait_caught_up();
  void stop() {
    stopping_ = true;
    update_behind();
  }
  io::Task<void> wait_idle();

 private:
  // The batches of one segment that are being written.
  struct Moves {
    unsigned count = 0;
    Result<void> result;
    io::Event changed;
  };

  CompactionPolicy::Numbers numbers() const;
  void update_behind();
  Segment* choose() const;
  io::Task<Result<void>> compact_segment(Segment& segment);
  io::Task<void> forget_images(std::uint32_t segment);
  void relocate(const ImageBatch::Item& item, std::string_view bytes, Location location);
  void gather_live(const Segment& segment, const WalkedPage& page, ImageBatch& batch);
  io::Task<void> move_beside(Moves& moves, ImageBatch batch);
  io::Task<Result<void>> move(ImageBatch& batch);
  io::Task<void> throttle(std::uint64_t bytes);

  static constexpr std::size_t kBatchBytes = kTinyLimits ? 8 * kKiB : 512 * kKiB;
  // While a worker packs one batch, another is read or written.
  static constexpr unsigned kMovesInFlight = 2;

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentTable& segments_;
  SegmentWriter& writer_;
  Statistics& statistics_;
  Ledger& ledger_;
  std::function<void(const Error&)> report_;
  CompactionPolicy policy_;
  std::uint64_t bandwidth_ = 0;  // bytes per second that compaction may read; 0: unbounded
  std::uint64_t bytes_beside_ = 0;
  bool running_ = false;
  bool stopping_ = false;
  bool behind_ = false;
  std::uint64_t victim_serial_ = 0;  // being compacted; 0: none
  io::Event finished_;
  io::Event caught_up_;
};

}  // namespace terrace::storage
