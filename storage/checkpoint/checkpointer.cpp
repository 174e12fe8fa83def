#include "storage/checkpoint/checkpointer.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "io/activity.h"
#include "io/slice.h"
#include "storage/base/disk_error.h"
#include "storage/base/mutant.h"
#include "storage/checkpoint/checkpoint_file.h"
#include "storage/keyspace/cut.h"
#include "storage/record/image.h"
#include "storage/tiering/spiller.h"

namespace terrace::storage {

namespace {

constexpr std::uint32_t kChainsPerStep = 4;
// Bytes of dirty records being written before the walk waits.
constexpr std::uint64_t kMaxBytesOnTheirWay = 4 * Spiller::kBatchBytes;

}  // namespace

// The state of one checkpoint while its cut is read.
class Checkpointer::Session final : public CutReader, public Spiller::Listener {
 public:
  Session(const Parts& parts, std::uint64_t serial)
      : file_(parts.environment.disk, serial),
        spiller_(parts.environment, parts.databases, parts.writer, parts.log, parts.statistics, parts.ledger, this) {}

  void read(const CutDatabase& database, IndexEntry& entry, std::uint64_t known_hash, bool walked) override {
    const Order order = walked ? Order::kOfChains : Order::kNone;
    if (!entry.is_hot()) {
      file_.add_entry(database.id, known_hash, entry, order);
      return;
    }
    Record* record = entry.record();
    if (record->clean()) {
      file_.add_entry(database.id, known_hash, cold_entry(record->location(), *record, known_hash), order);
      return;
    }
    // A record that is already being written keeps its ticket; it is written a second time for the checkpoint.
    spiller_.add(database.id, record, !record->has(Record::kWriting), false);
  }

  void written(const ImageBatch::Item& item, const ImageBatch& batch, Location location) override {
    const Result<ImageView> image = parse_image(batch.image(item));
    TERRACE_CHECK(image.ok());
    file_.add_entry(item.database, item.hash & IndexEntry::kKnownHashMask,
                    IndexEntry::cold(location, image->type, image->expires(), item.hash), Order::kNone);
  }
  void failed(const Error& error) override {
    if (!failure_) failure_ = error;
  }

  CheckpointWriter& file() { return file_; }
  Spiller& spiller() { return spiller_; }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  using Order = CheckpointWriter::Order;

  static IndexEntry cold_entry(Location location, const Record& record, std::uint64_t known_hash) {
    return IndexEntry::cold(location, record.type(), record.expires(), known_hash);
  }

  CheckpointWriter file_;
  Spiller spiller_;
  std::optional<Error> failure_;
};

std::uint64_t Checkpointer::size_bound() const {
  return parts_.databases.totals().entries * EntryGroup::kLargestEntry + parts_.statistics.dirty_memory_bytes;
}

std::uint64_t Checkpointer::expected_file_size() const {
  return static_cast<std::uint64_t>(static_cast<double>(parts_.databases.totals().entries) * entry_size_);
}

CheckpointPolicy::Numbers Checkpointer::numbers() const {
  const DatabaseSet::Totals totals = parts_.databases.totals();
  return {.hot_keys = totals.hot_keys,
          .cold_keys = totals.cold_keys,
          .index_bytes = totals.index_bytes,
          .segment_bytes = parts_.segments.bytes(),
          .retired_bytes = parts_.segments.retired_bytes(),
          .log_bytes = parts_.log.end_position() - manifest_.log.position,
          .log_entries = log_entries_behind(),
          .full_log_files = parts_.log.file_count() - 1,
          .most_written_bytes = size_bound(),
          .expected_file_bytes = expected_file_size(),
          .last_image_bytes = last_image_bytes_,
          .log_failed = parts_.log.failure().has_value(),
          .running = running_};
}

bool Checkpointer::due(const DiskLevel& disk) const {
  const io::Activity activity("segments");
  return policy_.due(numbers(), disk, parts_.environment.clock.monotonic_us());
}

std::uint64_t Checkpointer::log_entries_behind() const {
  // Before the first checkpoint of this run the entries that recovery replayed count, too, and nobody has counted them.
  if (parts_.statistics.checkpoints == 0) return std::numeric_limits<std::uint64_t>::max();
  return parts_.statistics.log_entries - parts_.statistics.log_entries_covered;
}

io::Task<void> Checkpointer::wait_idle() {
  while (running_) co_await finished_.wait();
}

io::Task<Result<void>> Checkpointer::checkpoint() {
  if (running_) {
    co_await wait_idle();
    co_return last_result_;
  }
  running_ = true;
  const std::int64_t begin_us = parts_.environment.clock.monotonic_us();
  Result<void> result = co_await run();
  Statistics& statistics = parts_.statistics;
  statistics.last_checkpoint_duration_us =
      static_cast<std::uint64_t>(parts_.environment.clock.monotonic_us() - begin_us);
  if (result.ok()) {
    ++statistics.checkpoints;
    statistics.last_checkpoint_ms = parts_.environment.clock.wall_ms();
  } else {
    ++statistics.checkpoint_failures;
    policy_.note_failure(parts_.environment.clock.monotonic_us());
  }
  last_result_ = result;
  running_ = false;
  finished_.notify();
  co_return result;
}

namespace {

// True: the cut is complete.
bool walk_slice(const io::Slice& slice, Cut& cut, const Spiller& spiller) {
  const io::Activity activity("checkpoint");
  bool done = false;
  while (!done && !slice.over() && spiller.bytes_on_their_way() < kMaxBytesOnTheirWay) {
    done = cut.advance(kChainsPerStep);
  }
  return done;
}

io::Task<Result<void>> walk(io::Clock& clock, Cut& cut, CheckpointWriter& file, Spiller& spiller) {
  io::Slice slice(clock);
  co_await slice.next();  // the cut may have begun within end_unit()
  while (!walk_slice(slice, cut, spiller)) {
    Result<void> written = co_await file.write_full_blocks();
    if (!written.ok()) co_return written;
    co_await spiller.wait_below(kMaxBytesOnTheirWay - 1);
    co_await slice.next();
  }
  co_return Result<void>();
}

// Includes segments that died since the cut began: the checkpoint refers to them. It does not refer to segments that are
// created while this runs.
io::Task<Result<void>> add_segments(io::Clock& clock, const SegmentTable& segments, std::uint64_t cut_number,
                                    CheckpointWriter& file) {
  std::vector<std::uint32_t> numbers;
  segments.for_each([&numbers](const Segment& segment) { numbers.push_back(segment.number); });
  io::Slice slice(clock);
  for (const std::uint32_t number : numbers) {
    if (slice.over()) {
      Result<void> written = co_await file.write_full_blocks();
      if (!written.ok()) co_return written;
      co_await slice.next();
    }
    const Segment* segment = segments.find(number);
    if (!segment || (segment->state == Segment::State::kRetired && segment->retired_at_cut < cut_number)) continue;
    // Just created, or empty: nothing refers to it, and its file may still fail.
    if (segment->used_pages <= 1) continue;
    const io::Activity activity("checkpoint");
    file.add_segment(*segment);
  }
  co_return Result<void>();
}

}  // namespace

io::Task<Result<void>> Checkpointer::run() {
  const std::uint64_t serial = next_serial_++;
  Session session(parts_, serial);
  Result<void> result = co_await session.file().create();
  if (!result.ok()) co_return result;

  // An open unit waits only for page reads and the log, and neither waits for a checkpoint.
  while (parts_.log.unit_open() && !mutant(Mutant::kMarkInsideUnit)) co_await parts_.log.unit_ended().wait();

  // The instant of the cut: nothing suspends between here and Cut's construction.
  const LogMark mark = parts_.log.mark();
  const std::uint64_t log_entries = parts_.statistics.log_entries;
  parts_.segments.cut_begun();
  const std::uint64_t cut_number = parts_.segments.cuts_begun();
  const std::uint32_t next_database_id = parts_.databases.next_id();
  if (!attachment_.empty()) session.file().add_attachment(attachment_);
  {
    Cut cut(session, parts_.databases.for_cut());
    for (const CutDatabase& database : cut.databases()) {
      session.file().add_database(database.number, database.id, database.index->entry_count(),
                                  database.index->chain_bits());
    }
    result = co_await walk(parts_.environment.clock, cut, session.file(), session.spiller());
  }
  co_await session.spiller().drain();
  last_image_bytes_ = session.spiller().given_bytes();
  if (result.ok() && session.failure()) result = *session.failure();
  if (result.ok()) {
    result = co_await add_segments(parts_.environment.clock, parts_.segments, cut_number, session.file());
  }
  if (result.ok()) result = co_await session.file().finish();
  parts_.statistics.checkpoint_written_bytes += session.file().written_bytes();
  if (result.ok() && session.file().total_entries() > 0) {
    const auto size = static_cast<double>(session.file().written_bytes());
    const auto entries = static_cast<double>(session.file().total_entries());
    // A file of few entries is mostly the padding of its block.
    entry_size_ = std::min(size / entries, static_cast<double>(EntryGroup::kLargestEntry));
  }
  if (result.ok()) result = co_await parts_.segments.sync_all(cut_number);
  if (result.ok()) result = co_await parts_.log.make_durable(mark.position);
  if (!result.ok()) {
    co_await session.file().discard();
    co_return result;
  }
  result = co_await publish(mark, serial, cut_number, next_database_id);
  if (result.ok()) parts_.statistics.log_entries_covered = log_entries;
  co_return result;
}

io::Task<Result<void>> Checkpointer::publish(const LogMark& mark, std::uint64_t serial, std::uint64_t cut_number,
                                             std::uint32_t next_database_id) {
  Manifest next = manifest_;
  ++next.generation;
  next.checkpoint_serial = serial;
  next.log = mark;
  next.next_segment_serial = parts_.segments.next_serial();
  next.next_database_id = next_database_id;
  Result<void> written = co_await write_manifest(parts_.environment.disk, next);
  // After a failure either manifest may be durable: both checkpoints stay, with everything they need.
  if (!written.ok()) co_return written;
  manifest_ = next;
  // The checkpoint is durable. The rest only frees space; what fails is repeated by the next checkpoint.
  const Result<void> cleaned = co_await remove_other_checkpoints();
  const Result<void> truncated = co_await parts_.log.truncate(mark);
  const Result<void> removed = co_await parts_.segments.remove_retired(cut_number);
  static_cast<void>(cleaned);
  static_cast<void>(truncated);
  static_cast<void>(removed);
  co_return Result<void>();
}

io::Task<Result<void>> Checkpointer::remove_other_checkpoints() {
  io::Disk& disk = parts_.environment.disk;
  Result<std::vector<std::string>> names = disk.list("checkpoints");
  if (!names.ok()) co_return names.error();
  const std::string current = FilePath::checkpoint(manifest_.checkpoint_serial).text();
  for (const std::string& name : *names) {
    const std::string path = "checkpoints/" + name;
    if (path == current || !name.ends_with(".ckp")) continue;
    next_serial_ = std::max<std::uint64_t>(next_serial_, std::strtoull(name.c_str(), nullptr, 10) + 1);
    const std::int32_t result = co_await disk.unlink(path.c_str());
    if (result < 0) co_return disk_error("unlink", path, result);
  }
  co_return Result<void>();
}

}  // namespace terrace::storage
