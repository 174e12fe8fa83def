#include "storage/engine.h"

#include <array>

#include "io/activity.h"
#include "storage/checkpoint/checkpointer.h"
#include "storage/checkpoint/recovery.h"
#include "storage/log/log_reader.h"
#include "storage/memory/allocation.h"
#include "storage/tiering/blind_overwrite_resolver.h"
#include "storage/tiering/compactor.h"
#include "storage/tiering/evictor.h"
#include "storage/tiering/record_reader.h"
#include "storage/tiering/scrubber.h"

namespace terrace::storage {

namespace {

// Of looks at the memory, and of writing to the log what nobody waits for.
constexpr std::int64_t kHousekeepingPeriodMs = 5;
constexpr std::int64_t kSecondMs = 1000;
// BlindOverwrites that the background reads in a house period: few beside what clients read.
constexpr std::size_t kResolvedPerPeriod = 64;
// Positions of last changes are remembered by this many bits of the key's hash.
constexpr unsigned kChangeBits = 14;

}  // namespace

struct Engine::Parts {
  Parts(const io::Environment& outside, const Options& chosen)
      : environment(outside),
        options(chosen),
        segments(environment.disk, 0),
        databases(environment, segments, statistics, chosen.database_count),
        log(environment, statistics),
        dictionary_trainer(environment, segments.dictionaries(), report),
        spill_writer(environment, segments, SegmentKind::kSpilled, &dictionary_trainer),
        compaction_writer(environment, segments, SegmentKind::kCompacted, nullptr),
        spiller(environment, databases, spill_writer, log, statistics),
        governor(statistics, chosen.resident_memory_probe),
        evictor(environment, databases, spiller, governor, statistics),
        checkpointer({environment, databases, segments, spill_writer, log, statistics}),
        compactor(environment, databases, segments, compaction_writer, statistics, report),
        record_reader(environment, segments, statistics, report, chosen.object_decoder),
        resolver(record_reader),
        cold_key_scanner(environment, databases, segments, statistics, report),
        scrubber(environment, segments, statistics, report) {}

  void log_message(LogLevel level, const std::string& text) const {
    if (options.log) options.log(level, text);
  }

  io::Environment environment;
  Options options;
  Statistics statistics;
  std::function<void(const Error&)> report = [this](const Error& error) {
    log_message(LogLevel::kWarning, error.message);
  };
  SegmentTable segments;
  DatabaseSet databases;
  Log log;
  DictionaryTrainer dictionary_trainer;
  SegmentWriter spill_writer;
  SegmentWriter compaction_writer;
  Spiller spiller;
  MemoryGovernor governor;
  Evictor evictor;
  Checkpointer checkpointer;
  Compactor compactor;
  RecordReader record_reader;
  BlindOverwriteResolver resolver;
  ColdKeyScanner cold_key_scanner;
  Scrubber scrubber;
  std::array<std::uint64_t, std::size_t{1} << kChangeBits> last_changes{};
  io::Disk::Space space{0, ~std::uint64_t{0}};
  // Free bytes to be kept. Only a checkpoint lets go of segments that are dead, so there must be room for one.
  std::uint64_t disk_reserve = kDiskReserve;
  std::int64_t checkpoint_rest_until_us = 0;  // after one that failed
  bool log_failure_said = false;
  bool open = false;
  bool stopping = false;
  io::Gate tasks;
};

Engine::Engine(const io::Environment& environment, const Options& options)
    : parts_(std::make_unique<Parts>(environment, options)) {
  reconfigure(options);
}

Engine::~Engine() {
  TERRACE_CHECK(!parts_->open);
}

io::Task<Result<void>> Engine::open(LogApplier& applier) {
  Result<void> locked = parts_->environment.disk.lock("LOCK");
  if (!locked.ok()) co_return locked;
  parts_->open = true;
  io::spawn(run_housekeeping());
  Result<void> recovered = co_await recover(applier);
  if (recovered.ok()) {
    io::spawn(run_log_sync());
    io::spawn(run_segment_maintenance());
    io::spawn(run_scrubber());
    io::spawn(resolve_blind_overwrites());
    co_return recovered;
  }
  // Nothing on disk was changed that the next attempt would miss.
  parts_->stopping = true;
  while (!parts_->tasks.idle()) co_await parts_->tasks.wait();
  co_await parts_->evictor.stop();
  co_await parts_->dictionary_trainer.stop();
  co_await parts_->databases.drain();
  co_await parts_->log.abandon();
  co_await parts_->segments.close_all();
  parts_->open = false;
  co_return recovered;
}

io::Task<Result<void>> Engine::recover(LogApplier& applier) {
  const std::int64_t begin_us = parts_->environment.clock.monotonic_us();
  Recovery recovery(parts_->environment, parts_->databases, parts_->segments);
  Result<Manifest> manifest = co_await recovery.open_manifest();
  if (!manifest.ok()) co_return manifest.error();
  parts_->checkpointer.set_manifest(*manifest);
  Result<void> result = co_await parts_->segments.dictionaries().load(manifest->store_id, parts_->report);
  if (result.ok()) result = co_await recovery.load_checkpoint(*manifest);
  if (result.ok()) result = co_await parts_->checkpointer.remove_other_checkpoints();
  if (!result.ok()) co_return result;

  Result<std::vector<std::uint64_t>> serials = parts_->log.files().list();
  if (!serials.ok()) co_return serials.error();
  LogReader reader(parts_->environment, manifest->store_id, manifest->log);
  result = co_await reader.replay(*serials, applier);
  if (!result.ok()) co_return result;
  Statistics& statistics = parts_->statistics;
  statistics.recovered_log_bytes = reader.replayed_bytes();
  statistics.recovered_torn_bytes = reader.torn_bytes() + reader.unfinished_bytes();
  if (reader.torn_bytes() > 0) {
    parts_->log_message(LogLevel::kWarning, reader.torn_place() + ": torn tail of " +
                                                std::to_string(reader.torn_bytes()) +
                                                " bytes cut off; none of it had been acknowledged");
  }
  if (reader.unfinished_bytes() > 0) {
    parts_->log_message(LogLevel::kWarning,
                        "The log ends in an unfinished transaction: " + std::to_string(reader.unfinished_bytes()) +
                            " bytes cut off; none of it had been acknowledged");
  }

  LogFiles& files = parts_->log.files();
  if (!serials->empty()) files.set_next_serial(serials->back() + 1);
  std::vector<std::uint64_t> in_use;
  const std::uint64_t last_read = std::max(reader.last_serial(), manifest->log.file_serial);
  for (const std::uint64_t serial : *serials) {
    if (serial >= manifest->log.file_serial && serial <= last_read) {
      in_use.push_back(serial);
    } else {
      result = co_await files.retire(serial);
      if (!result.ok()) co_return result;
    }
  }
  result = co_await parts_->log.start(manifest->store_id, reader.tail(), reader.durable_sequence(), in_use);
  if (result.ok()) result = co_await reader.secure_tail(parts_->log);
  statistics.recovery_duration_us = static_cast<std::uint64_t>(parts_->environment.clock.monotonic_us() - begin_us);
  co_return result;
}

io::Task<Result<void>> Engine::close(bool checkpoint) {
  Parts& parts = *parts_;
  TERRACE_CHECK(!parts.log.unit_open());
  Result<void> result;
  // The first may join one under way, whose cut lies before the end.
  for (int attempt = 0; checkpoint && attempt < 2 && result.ok(); ++attempt) {
    if (parts.log.end_position() == parts.checkpointer.manifest().log.position) break;
    result = co_await this->checkpoint();
  }
  parts.stopping = true;
  parts.compactor.stop();
  co_await parts.compactor.wait_idle();
  while (!parts.tasks.idle()) co_await parts.tasks.wait();
  co_await parts.evictor.stop();
  co_await parts.dictionary_trainer.stop();
  co_await parts.checkpointer.wait_idle();
  co_await parts.databases.drain();
  Result<void> closed = co_await parts.log.close();
  co_await parts.segments.close_all();
  parts.open = false;
  co_return result.ok() ? closed : result;
}

// --- background

// Memory is looked at often: the resident set may grow by megabytes between two looks.
io::Task<void> Engine::run_housekeeping() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  while (!parts_->stopping) {
    poll_memory();
    parts_->log.write_gathered();
    co_await parts_->environment.clock.sleep_ms(kHousekeepingPeriodMs);
  }
}

void Engine::poll_memory() {
  const io::Activity activity("memory");
  parts_->governor.sample();
  give_back_at_once(parts_->governor.is_short());
  parts_->evictor.poll();
}

io::Task<void> Engine::run_log_sync() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  std::int64_t next_sync_ms = 0;
  while (!parts_->stopping) {
    const std::int64_t now_ms = parts_->environment.clock.monotonic_us() / 1000;
    if (parts_->options.fsync_policy != FsyncPolicy::kNever && now_ms >= next_sync_ms) {
      next_sync_ms = now_ms + kSecondMs;
      co_await parts_->log.sync_written();
    }
    if (parts_->log.failure() && !parts_->log_failure_said) {
      parts_->log_failure_said = true;
      parts_->log_message(LogLevel::kWarning, "The log can no longer be made durable; writes are refused: " +
                                                  parts_->log.failure()->message);
    }
    update_disk_space();
    parts_->log.release_idle();
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
  }
}

void Engine::update_disk_space() {
  const io::Activity activity("disk-space");
  if (Result<io::Disk::Space> space = parts_->environment.disk.space(); space.ok()) parts_->space = *space;
  parts_->disk_reserve = kDiskReserve + parts_->checkpointer.size_bound();
  // The last of the disk is for the log, checkpoints and compaction, which make space.
  parts_->evictor.set_spilling(parts_->space.free_bytes >= parts_->disk_reserve);
}

bool Engine::checkpoint_due() const {
  const io::Activity activity("segments");
  const Parts& parts = *parts_;
  if (parts.log.failure() || parts.checkpointer.running()) return false;
  if (parts.environment.clock.monotonic_us() < parts.checkpoint_rest_until_us) return false;
  const std::uint64_t log_bytes = parts.log.end_position() - parts.checkpointer.manifest().log.position;
  const CheckpointBounds bounds = checkpoint_bounds();
  const std::uint64_t due_bytes =
      parts.options.checkpoint_log_bytes > 0 ? parts.options.checkpoint_log_bytes : bounds.log_bytes;
  // Files count too: every start takes up a fresh one.
  const std::uint64_t file_bytes = (parts.log.file_count() - 1) * kLogFileSize;
  if (log_bytes >= due_bytes || file_bytes > due_bytes + kCheckpointLogSize) return true;
  // Space that only the last checkpoint still holds on to, and files of the log that could be spared for the next
  // start: the less space there is, the less of it is worth another one.
  const std::uint64_t held_bytes = parts.segments.retired_bytes();
  if (parts.space.free_bytes < parts.disk_reserve && (held_bytes > 0 || file_bytes > 0)) return true;
  const std::uint64_t worth_bytes = parts.checkpointer.size_bound();
  if (disk_low() && (held_bytes > worth_bytes || log_bytes > std::max(worth_bytes, kLogFileSize))) return true;
  return held_bytes > bounds.held_bytes;
}

Engine::CheckpointBounds Engine::checkpoint_bounds() const {
  std::uint64_t hot = 0;
  std::uint64_t cold = 0;
  std::uint64_t index_bytes = 0;
  for (unsigned i = 0; i < parts_->databases.count(); ++i) {
    const Index& index = parts_->databases[i].index();
    hot += index.hot_count();
    cold += index.cold_count();
    index_bytes += index.memory_bytes();
  }
  // What is written must be worth what it gives back, the more so the smaller the records are.
  const std::uint64_t worth_bytes = std::max(
      {parts_->segments.bytes() / kCheckpointShare, 2 * parts_->checkpointer.expected_file_size(), 2 * kLogFileSize});
  const std::uint64_t replayed_bytes = std::max(kCheckpointLogSize, index_bytes);
  // Where memory holds most keys, space is no matter, and a checkpoint writes records that will soon be written again:
  // how long the log's replay takes is all that counts. What is held the longer costs compaction alone, which makes up
  // for it.
  const std::uint64_t few_entries_bytes =
      parts_->checkpointer.log_entries_behind() < kCheckpointLogEntries
          ? std::min(kMaxCheckpointLogSize, parts_->space.total_bytes / kCheckpointLogDiskShare)
          : 0;
  return {.log_bytes = hot > cold ? std::max(replayed_bytes, few_entries_bytes) : std::min(worth_bytes, replayed_bytes),
          // Large values that keep changing are written whole by each: what one has written is held by it alone a
          // moment later, and would have the next one begin at once.
          .held_bytes = 2 * std::max(worth_bytes, parts_->checkpointer.last_image_bytes())};
}

bool Engine::disk_low() const {
  return parts_->space.free_bytes < std::max(parts_->space.total_bytes / 10, parts_->disk_reserve);
}

bool Engine::compaction_due() const {
  const io::Activity activity("segments");
  const Parts& parts = *parts_;
  return parts.options.compaction ? disk_low() || parts.compactor.due() : parts.compactor.suspect();
}

io::Task<void> Engine::run_segment_maintenance() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  std::int64_t rest_until_ms = 0;
  while (!parts_->stopping) {
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
    if (parts_->stopping) break;
    begin_due_checkpoint();
    const std::int64_t now_ms = parts_->environment.clock.monotonic_us() / 1000;
    // Also after a failed checkpoint: what it failed for (a suspect segment, a full disk) compaction may cure.
    if (!compaction_due() || checkpoint_first() || now_ms < rest_until_ms) continue;
    // Checkpoints begin between two segments: until one is durable, what was compacted takes its space as before.
    const std::function<bool()> goes_on = [this] {
      begin_due_checkpoint();
      return compaction_due() && !checkpoint_first();
    };
    Result<void> result = co_await parts_->compactor.compact(goes_on);
    if (!result.ok()) {
      parts_->report(result.error());
      rest_until_ms = now_ms + kSecondMs;
    }
  }
}

void Engine::begin_due_checkpoint() {
  const std::uint64_t log_files = parts_->log.file_count() + parts_->log.files().ready_count();
  parts_->compactor.set_bytes_beside(log_files * kLogFileSize + parts_->checkpointer.expected_file_size());
  if (!parts_->stopping && checkpoint_due()) io::spawn(checkpoint_beside());
}

// Compaction goes on meanwhile, or writers would leave it behind.
io::Task<void> Engine::checkpoint_beside() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  Result<void> result = co_await checkpoint();
  if (result.ok()) co_return;
  parts_->report(result.error());
  parts_->checkpoint_rest_until_us = parts_->environment.clock.monotonic_us() + kSecondMs * 1000;
}

// On a disk that is nearly full compaction takes no space from a checkpoint under way, which gives some back.
bool Engine::checkpoint_first() const {
  return disk_low() && parts_->checkpointer.running();
}

io::Task<void> Engine::run_scrubber() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  std::int64_t next_scrub_ms = 0;
  while (!parts_->stopping) {
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
    const std::int64_t now_ms = parts_->environment.clock.monotonic_us() / 1000;
    if (parts_->stopping || now_ms < next_scrub_ms) continue;
    next_scrub_ms = now_ms + kSecondMs;
    co_await parts_->scrubber.tick();
  }
}

io::Task<void> Engine::resolve_blind_overwrites() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  while (!parts_->stopping) {
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
    for (unsigned number = 0; number < parts_->databases.count() && !parts_->stopping; ++number) {
      Database& database = parts_->databases[number];
      if (database.unresolved() > 0) co_await parts_->resolver.resolve(database, kResolvedPerPeriod);
    }
  }
}

io::Task<void> Engine::resolve_overwrites(unsigned database) {
  return parts_->resolver.resolve(parts_->databases[database], parts_->databases[database].unresolved());
}

// --- keys

unsigned Engine::database_count() const {
  return parts_->databases.count();
}
Database& Engine::database(unsigned number) {
  return parts_->databases[number];
}
void Engine::swap_databases(unsigned a, unsigned b) {
  parts_->databases.swap(a, b);
}
void Engine::flush_database(unsigned number) {
  parts_->databases.flush(number);
}

io::Task<Result<void>> Engine::fetch(std::span<const Location> locations, FetchedRecords& fetched_records) {
  return parts_->record_reader.fetch(locations, fetched_records);
}

io::Task<Result<void>> Engine::fetch_heads(std::span<const Location> locations, FetchedRecords& heads) {
  return parts_->record_reader.fetch(locations, heads, RecordReader::Extent::kHeads);
}

// --- the log

std::uint64_t Engine::append(std::span<const std::string_view> parts) {
  return parts_->log.append(parts);
}
void Engine::begin_unit() {
  parts_->log.begin_unit();
}
void Engine::append_piece(std::span<const std::string_view> parts) {
  parts_->log.append_piece(parts);
}
std::uint64_t Engine::end_unit(std::span<const std::string_view> parts) {
  return parts_->log.end_unit(parts);
}
io::Task<Result<void>> Engine::wait_for_log_room() {
  return parts_->log.wait_for_room();
}
void Engine::commit() {
  parts_->log.commit();
}
std::uint64_t Engine::end_position() const {
  return parts_->log.end_position();
}
std::uint64_t Engine::log_marks() const {
  return parts_->log.marks();
}
std::uint64_t Engine::durable_position() const {
  return parts_->log.durable_position();
}

std::uint64_t Engine::released_position() const {
  return parts_->options.fsync_policy == FsyncPolicy::kAlways ? parts_->log.durable_position() : parts_->log.unit_end();
}

io::Event& Engine::position_changed() {
  return parts_->log.position_changed();
}

void Engine::note_change(std::uint64_t key_hash, std::uint64_t position) {
  parts_->last_changes[key_hash >> (64 - kChangeBits)] = position;
}

std::uint64_t Engine::dependency(std::uint64_t key_hash) const {
  return parts_->last_changes[key_hash >> (64 - kChangeBits)];
}

// --- admission

Result<void> Engine::writable(bool grows) const {
  if (parts_->log.failure()) return *parts_->log.failure();
  if (grows && parts_->space.free_bytes < parts_->disk_reserve) {
    return Error{ErrorCode::kNoSpace, std::to_string(parts_->space.free_bytes) + " bytes are free, " +
                                          std::to_string(parts_->disk_reserve) + " are needed in reserve"};
  }
  if (grows && parts_->log.starved()) return Error{ErrorCode::kNoSpace, "the log's next file does not fit"};
  return {};
}

bool Engine::log_advances() const {
  return !parts_->log.failure() && !parts_->log.starved();
}

bool Engine::has_room() const {
  return !log_congested() && !parts_->compactor.behind() && (!parts_->evictor.enabled() || parts_->governor.has_room());
}
// Under FsyncPolicy::kAlways replies wait for the log anyway.
bool Engine::log_congested() const {
  return parts_->options.fsync_policy != FsyncPolicy::kAlways && parts_->log.congested() && log_advances();
}
bool Engine::memory_short() const {
  return parts_->governor.is_short();
}
io::Task<void> Engine::wait_for_room() {
  while (log_congested()) co_await parts_->log.position_changed().wait();
  co_await parts_->evictor.wait_for_room();
  co_await parts_->compactor.wait_caught_up();
}

// --- maintenance

io::Task<Result<void>> Engine::checkpoint() {
  return parts_->checkpointer.checkpoint();
}
bool Engine::changeable(unsigned database, const Key& key) {
  // Only a checkpoint needs an object as it was.
  return !parts_->checkpointer.running() || parts_->databases[database].changeable(key);
}

io::Event& Engine::object_serialized() {
  return parts_->databases.object_serialized();
}

bool Engine::checkpoint_running() const {
  return parts_->checkpointer.running();
}

// What a checkpoint under way is writing already goes cold when that is written.
io::Task<Result<void>> Engine::spill(unsigned database, Key key) {
  Result<void> spilled = co_await parts_->evictor.spill(parts_->databases[database], key);
  co_await parts_->checkpointer.wait_idle();
  co_return spilled;
}

io::Task<Result<void>> Engine::spill_all() {
  Result<void> spilled = co_await parts_->evictor.spill_all();
  co_await parts_->checkpointer.wait_idle();
  co_return spilled;
}
io::Task<Result<void>> Engine::compact() {
  const std::function<bool()> goes_on = [] { return true; };
  co_return co_await parts_->compactor.compact(goes_on);
}

io::Task<void> Engine::find_expired_cold(std::int64_t now_ms, std::size_t limit, NamedKeys& keys) {
  return parts_->cold_key_scanner.find_expired(now_ms, limit, keys);
}

bool Engine::over_quota() const {
  return parts_->options.disk_quota_bytes > 0 &&
         parts_->segments.bytes() - parts_->segments.retired_bytes() > parts_->options.disk_quota_bytes;
}

io::Task<void> Engine::find_victims(std::size_t limit, NamedKeys& keys) {
  return parts_->cold_key_scanner.find_victims(parts_->options.cache_only_volatile, limit, keys);
}

void Engine::reconfigure(const Options& options) {
  Parts& parts = *parts_;
  parts.options = options;
  parts.log.set_policy(options.fsync_policy);
  parts.governor.set_limit(options.max_memory_bytes);
  parts.evictor.set_enabled(options.tiering && options.max_memory_bytes > 0);
  parts.compactor.set_bandwidth(options.background_bytes_per_second);
  parts.compactor.set_live_share(options.compaction_live_share);
  parts.scrubber.set_days(options.scrub_days);
  parts.segments.dictionaries().set_in_use(options.dictionaries);
}

const Options& Engine::options() const {
  return parts_->options;
}
std::uint64_t Engine::resident_memory() const {
  return parts_->governor.resident_bytes();
}

Statistics Engine::statistics() const {
  const Parts& parts = *parts_;
  Statistics reading = parts.statistics;
  for (unsigned number = 0; number < parts.databases.count(); ++number) {
    const Index& index = parts_->databases[number].index();
    reading.hot_keys += index.hot_count();
    reading.cold_keys += index.cold_count();
    reading.index_memory_bytes += index.memory_bytes();
  }
  parts.segments.for_each([&reading](const Segment& segment) {
    reading.live_records += segment.total_records - segment.dead_records();
    reading.live_bytes += segment.live_bytes();
    reading.dead_records += segment.dead_records();
    reading.overwritten_records += segment.overwritten_records;
  });
  reading.segments = parts.segments.count();
  reading.segment_bytes = parts.segments.bytes();
  reading.segment_retired_bytes = parts.segments.retired_bytes();
  reading.segment_unused_bytes = parts.segments.unused_bytes();
  reading.log_bytes = parts.log.end_position() - parts.checkpointer.manifest().log.position;
  reading.log_file_bytes = parts.log.file_count() * kLogFileSize;
  reading.log_spare_bytes = parts.log.files().ready_count() * kLogFileSize;
  reading.disk_free_bytes = parts.space.free_bytes;
  reading.spilled_bytes = parts.spill_writer.written_bytes();
  reading.spilled_raw_bytes = parts.spill_writer.raw_bytes();
  reading.compaction_raw_bytes = parts.compaction_writer.raw_bytes();
  const Dictionary* dictionary = parts.segments.dictionaries().current();
  reading.dictionary = dictionary ? dictionary->id() : 0;
  reading.compaction_written_bytes = parts.compaction_writer.written_bytes();
  return reading;
}

}  // namespace terrace::storage
