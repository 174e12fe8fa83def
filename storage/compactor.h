// Compactor: gives the space of dead records back. It copies the live records of the segment that is worth it most to a
// fresh one, image by image as they are, and then points the index at the copies wherever it still pointed at the
// originals. Pages that are found bad are neither copied nor given up: their segment stays.
// Ownership: borrows the store's parts. Thread: the reactor's; one run at a time.
#pragma once

#include <cstdint>
#include <functional>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/database_set.h"
#include "storage/record_writer.h"
#include "storage/segment_walk.h"

namespace terrace::storage {

class Compactor {
 public:
  Compactor(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments, RecordWriter& writer,
            Statistics& statistics, const std::function<void(const Error&)>& report)
      : environment_(environment),
        databases_(databases),
        segments_(segments),
        writer_(writer),
        statistics_(statistics),
        report_(report) {}

  // Bytes per second that compaction may read; 0: unbounded.
  void set_bandwidth(std::uint64_t bytes_per_second) { bandwidth_ = bytes_per_second; }
  // Which share of the records in segments background runs keep live.
  void set_live_share(double share) { live_share_ = share; }
  // Compacts until no segment is worth its copying, or `goes_on`, asked after each, says no.
  io::Task<Result<void>> compact(const std::function<bool()>& goes_on);
  // Is a background run due? Too many records are dead, or a segment's sync failed.
  bool due() const;
  // Must records move for checkpoints to go on?
  bool suspect() const;
  void stop() { stopping_ = true; }
  bool running() const { return running_; }
  io::Task<void> wait_idle();

 private:
  Segment* choose() const;
  io::Task<Result<void>> compact_segment(Segment& segment);
  io::Task<void> forget_images(std::uint32_t segment);
  void relocate(const ImageBatch::Item& item, std::string_view bytes, Location location);
  void gather_live(const Segment& segment, const WalkedPage& page, ImageBatch& batch);
  io::Task<Result<void>> move(ImageBatch& batch);
  io::Task<void> throttle(std::uint64_t bytes);

  static constexpr std::size_t kBatchBytes = kTinyLimits ? 8 * kKiB : 512 * kKiB;

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentTable& segments_;
  RecordWriter& writer_;
  Statistics& statistics_;
  std::function<void(const Error&)> report_;
  std::uint64_t bandwidth_ = 0;
  double live_share_ = 1;
  bool running_ = false;
  bool stopping_ = false;
  io::Event finished_;
};

}  // namespace terrace::storage
