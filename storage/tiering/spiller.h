// Spiller: writes images of dirty records, in batches; eviction, checkpoints and TERRACE SPILL write with it. A record
// in a batch is marked with its image's ticket. If it has not changed when the batch is written, it becomes clean, or
// cold if it is to be evicted. If the write fails, it is dirty again, and nothing is lost.
// Ownership: owns batches until they are written.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "storage/keyspace/database_set.h"
#include "storage/log/log.h"
#include "storage/memory/ledger.h"
#include "storage/segment/segment_writer.h"

namespace terrace::storage {

class Spiller {
 public:
  // Called for each item of a written batch: a checkpoint needs the item's location, whether or not the record has
  // changed since.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void written(const ImageBatch::Item& item, const ImageBatch& batch, Location location) = 0;
    virtual void failed(const Error& error) = 0;
  };

  Spiller(const io::Environment& environment, DatabaseSet& databases, SegmentWriter& writer, const Log& log,
          Statistics& statistics, Ledger& ledger, Listener* listener = nullptr)
      : environment_(environment),
        databases_(databases),
        writer_(writer),
        log_(log),
        statistics_(statistics),
        ledger_(ledger),
        listener_(listener) {}
  ~Spiller() { TERRACE_CHECK(tasks_.idle()); }

  // Copies a record's image into the batch being gathered, or starts to make a large object's image. `mark`: the record
  // is in an index and takes part in its states (keyspace.h).
  void add(std::uint32_t database_id, Record* record, bool mark, bool evict);
  // Starts writing what is gathered, if it is at least `least_bytes`.
  void flush(std::size_t least_bytes = 0);
  // Waits until at most `bytes` are being written.
  io::Task<void> wait_below(std::uint64_t bytes);
  // Waits for everything, and frees the memory of batches. Called when nothing more is expected for a while.
  io::Task<void> drain();

  std::uint64_t bytes_on_their_way() const { return on_their_way_; }
  // Waits for what is gathered and being written now, not for what comes later.
  io::Task<void> settled();
  // Bytes of all images it was given.
  std::uint64_t given_bytes() const { return given_; }
  // The number of failed batches, and the last one's error.
  std::uint64_t failures() const { return failures_; }
  const std::optional<Error>& last_failure() const { return failure_; }
  // When the first of the failures came since which no batch was written; nothing if the last one was.
  std::optional<std::int64_t> failing_since_us() const { return failing_since_us_; }

  static constexpr std::size_t kBatchBytes = kTinyLimits ? 8 * kKiB : 256 * kKiB;

 private:
  // The memory of written batches is reused. To return it to the kernel each time and take its pages anew cost an
  // eighth of the reactor's time during a checkpoint beside overwriting.
  static constexpr std::size_t kSpareBatches = 8;

  ImageBatch& gathering();
  void keep(std::unique_ptr<ImageBatch> batch);
  io::Task<void> write(std::unique_ptr<ImageBatch> batch);
  void note_failure(const Error& error);
  io::Task<void> settle(const ImageBatch& batch, const std::vector<Location>& locations);
  void settle_item(const ImageBatch& batch, const ImageBatch::Item& item, Location location);
  void give_up(const ImageBatch& batch);
  // Writes a large object's image, in slices, so that commands can run in between.
  io::Task<void> write_object(std::unique_ptr<ObjectSerializer> image, ImageBatch::Item item);
  io::Task<Result<std::vector<Location>>> write_image(ObjectSerializer& image, ImageBatch& batch);

  const io::Environment& environment_;
  DatabaseSet& databases_;
  SegmentWriter& writer_;
  const Log& log_;
  Statistics& statistics_;
  Ledger& ledger_;
  Listener* listener_;
  std::unique_ptr<ImageBatch> gathering_;
  std::vector<std::unique_ptr<ImageBatch>> spare_;
  std::uint64_t on_their_way_ = 0;
  std::uint64_t given_ = 0;
  std::uint64_t batches_begun_ = 0;
  std::set<std::uint64_t> batches_open_;
  std::uint64_t failures_ = 0;
  std::optional<Error> failure_;
  std::optional<std::int64_t> failing_since_us_;
  io::Event changed_;
  io::Gate tasks_;
};

}  // namespace terrace::storage
