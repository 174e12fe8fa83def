// Compactor: gives the space of dead records back. It copies the live records of the segment that is worth it most to a
// fresh one, image by image as they are, and then points the index at the copies wherever it still pointed at the
// originals. Pages that are found bad are neither copied nor given up: their segment stays.
// Ownership: borrows the store's parts. Thread: the reactor's; one run at a time.
#pragma once

#include <cstdint>
#include <functional>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/keyspace/database_set.h"
#include "storage/segment/segment_writer.h"
#include "storage/tiering/segment_iterator.h"

namespace terrace::storage {

class Compactor {
 public:
  Compactor(const io::Environment& environment, DatabaseSet& databases, SegmentTable& segments, SegmentWriter& writer,
            Statistics& statistics, const std::function<void(const Error&)>& report)
      : environment_(environment),
        databases_(databases),
        segments_(segments),
        writer_(writer),
        statistics_(statistics),
        report_(report) {}

  // Bytes per second that compaction may read; 0: unbounded.
  void set_bandwidth(std::uint64_t bytes_per_second) { bandwidth_ = bytes_per_second; }
  // Which share of what the store takes on disk background runs keep live.
  void set_live_share(double share) { live_share_ = share; }
  // What the store takes beside its segments: log and checkpoint.
  void set_bytes_beside(std::uint64_t bytes) { bytes_beside_ = bytes; }
  // Compacts until no segment is worth its copying, or `goes_on`, asked after each, says no.
  io::Task<Result<void>> compact(const std::function<bool()>& goes_on);
  // Is a background run due? Too much of the segments is dead, or a segment's sync failed.
  bool due() const;
  // A run is under way and falls behind those who write: who grows the store must wait, or segments would outgrow what
  // they keep. Never while a bandwidth bounds the run: whoever sets one wants it slow.
  bool behind() const { return behind_; }
  io::Task<void> wait_caught_up();
  // Must records move for checkpoints to go on?
  bool suspect() const;
  void stop() {
    stopping_ = true;
    look_behind();
  }
  io::Task<void> wait_idle();

 private:
  // Of segments that compaction can do something about.
  struct Space {
    std::uint64_t live_bytes = 0;
    std::uint64_t taken_bytes = 0;
  };
  // Batches of one segment on their way.
  struct Moves {
    unsigned count = 0;
    Result<void> result;
    io::Event changed;
  };

  Space space() const;
  bool mostly_cold() const;
  void look_behind();
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
  std::function<void(const Error&)> report_;
  std::uint64_t bandwidth_ = 0;
  std::uint64_t bytes_beside_ = 0;
  double live_share_ = 1;
  bool running_ = false;
  bool stopping_ = false;
  bool behind_ = false;
  std::uint64_t victim_serial_ = 0;  // being compacted; 0: none
  io::Event finished_;
  io::Event caught_up_;
};

}  // namespace terrace::storage
