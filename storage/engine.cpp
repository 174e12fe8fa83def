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

// The interval of looking at the memory, and of writing log entries that no reply waits for.
constexpr std::int64_t kHousekeepingPeriodMs = 5;
// In each period: 100 MiB/s, in few system calls.
constexpr std::size_t kGivenBack = 512 << 10;
constexpr std::int64_t kSecondMs = 1000;
// While nobody else reads or writes, overwritten entries are read for so long before that is looked at again. Otherwise
// a few are read in each maintenance period.
constexpr std::int64_t kResolvedUs = 3 * kMaintenancePeriodMs * 1000;
// The positions of last changes are stored by this many bits of the key's hash.
constexpr unsigned kChangeBits = 14;

}  // namespace

struct Engine::Parts {
  Parts(const io::Environment& outside, const Options& chosen, Ledger& accounts)
      : environment(outside),
        options(chosen),
        ledger(accounts),
        index_charge(ledger, Account::kIndex),
        segments(environment.disk, 0),
        databases(environment, segments, statistics, chosen.database_count),
        log(environment, statistics, LedgerCharge(ledger, Account::kLogBuffers)),
        dictionary_trainer(environment, segments.dictionaries(), report),
        spill_writer(environment, segments, SegmentKind::kSpilled, &dictionary_trainer),
        compaction_writer(environment, segments, SegmentKind::kCompacted, nullptr),
        spiller(environment, databases, spill_writer, log, statistics, ledger),
        governor(ledger, chosen.resident_memory_probe),
        evictor(environment, databases, spiller, governor, statistics),
        checkpointer({environment, databases, segments, spill_writer, log, statistics, ledger}),
        compactor(environment, databases, segments, compaction_writer, statistics, ledger, report),
        record_reader(environment, segments, statistics, ledger, report, chosen.object_decoder),
        resolver(environment, record_reader, ledger),
        cold_key_scanner(environment, databases, segments, statistics, report),
        scrubber(environment, segments, statistics, report) {
    ledger.follow_records(&statistics.record_memory_bytes);
  }
  ~Parts() { ledger.follow_records(nullptr); }

  void log_message(LogLevel level, const std::string& text) const {
    if (options.log) options.log(level, text);
  }

  // Once when the log fails, and when an obstacle comes and goes.
  void tell_of_log() {
    if (log.failure() && !log_failure_said) {
      log_failure_said = true;
      log_message(LogLevel::kWarning,
                  "The log can no longer be made durable; writes are refused: " + log.failure()->message);
    }
    const std::optional<Error>& obstacle = log.files().obstacle();
    if (obstacle.has_value() == log_obstacle_said) return;
    log_obstacle_said = obstacle.has_value();
    log_message(LogLevel::kWarning, obstacle ? "The log's next file cannot be made: " + obstacle->message +
                                                   ". It is tried again; writes are refused when the last is full."
                                             : "The log's next file can be made again.");
  }

  io::Environment environment;
  Options options;
  Ledger& ledger;
  LedgerCharge index_charge;
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
  DiskLevel disk;
  bool log_failure_said = false;
  bool log_obstacle_said = false;
  bool open = false;
  bool stopping = false;
  io::Gate tasks;
};

Engine::Engine(const io::Environment& environment, const Options& options, Ledger& ledger)
    : parts_(std::make_unique<Parts>(environment, options, ledger)) {
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
  // Nothing on disk was changed that the next attempt needs.
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
  parts_->checkpointer.set_attachment(recovery.found_attachment());
  result = applier.attachment(recovery.found_attachment());
  if (result.ok()) result = co_await reader.replay(*serials, applier);
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
  // The first may join one in progress, whose cut lies before the end.
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

// Memory is sampled often: the resident set may grow by megabytes between two samples.
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
  std::uint64_t index_bytes = 0;
  for (unsigned i = 0; i < parts_->databases.count(); ++i) index_bytes += parts_->databases[i].index().memory_bytes();
  parts_->index_charge.resize(index_bytes);
  give_back_spans(kGivenBack);
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
    parts_->tell_of_log();
    parts_->log.files().prepare_again();
    const std::optional<Error>& obstacle = parts_->log.files().obstacle();
    if (obstacle && obstacle->code == ErrorCode::kNoFiles) parts_->segments.files().give_up_some();
    update_disk_space();
    parts_->log.release_idle();
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
  }
}

void Engine::update_disk_space() {
  const io::Activity activity("disk-space");
  DiskLevel& disk = parts_->disk;
  if (Result<io::Disk::Space> space = parts_->environment.disk.space(); space.ok()) {
    disk.free_bytes = space->free_bytes;
    disk.total_bytes = space->total_bytes;
  }
  disk.reserve_bytes = kDiskReserve + parts_->checkpointer.size_bound();
  parts_->evictor.set_spilling(!disk.exhausted());
}

io::Task<void> Engine::run_segment_maintenance() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  while (!parts_->stopping) {
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
    if (parts_->stopping) break;
    begin_due_checkpoint();
    // Also after a failed checkpoint: compaction may remove the cause (a suspect segment, a full disk).
    if (!compaction_due()) continue;
    // Checkpoints begin between two segments: only a checkpoint frees the space of what was compacted.
    const std::function<bool()> may_continue = [this] {
      begin_due_checkpoint();
      return compaction_due();
    };
    Result<void> result = co_await parts_->compactor.compact(may_continue);
    if (!result.ok()) parts_->report(result.error());
  }
}

void Engine::begin_due_checkpoint() {
  const std::uint64_t log_files = parts_->log.file_count() + parts_->log.files().ready_count();
  parts_->compactor.set_bytes_beside(log_files * kLogFileSize + parts_->checkpointer.expected_file_size());
  if (!parts_->stopping && parts_->checkpointer.due(parts_->disk)) io::spawn(checkpoint_beside());
}

// Compaction runs at the same time: otherwise it would fall behind the writers.
io::Task<void> Engine::checkpoint_beside() {
  const io::Gate::Holder holder = parts_->tasks.hold();
  Result<void> result = co_await checkpoint();
  if (!result.ok()) parts_->report(result.error());
}

bool Engine::compaction_due() const {
  return parts_->compactor.due(parts_->disk, parts_->checkpointer.running());
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
  const io::Clock& clock = parts_->environment.clock;
  while (!parts_->stopping) {
    const std::uint64_t reads = parts_->statistics.page_reads;
    const std::uint64_t position = parts_->log.end_position();
    co_await parts_->environment.clock.sleep_ms(kMaintenancePeriodMs);
    const bool alone = parts_->statistics.page_reads == reads && parts_->log.end_position() == position;
    const std::int64_t end_us = clock.monotonic_us() + (alone ? kResolvedUs : 0);
    for (unsigned number = 0; number < parts_->databases.count(); ++number) {
      bool more = true;
      do {
        if (parts_->stopping) co_return;
        more = co_await parts_->resolver.resolve_some(number, parts_->databases[number]);
      } while (more && clock.monotonic_us() < end_us);
    }
  }
}

io::Task<void> Engine::resolve_overwrites(unsigned database) {
  return parts_->resolver.resolve_noted(parts_->databases[database]);
}

// --- keys

unsigned Engine::database_count() const {
  return parts_->databases.count();
}
Database& Engine::database(unsigned number) {
  return parts_->databases.database(number);
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

NameWalk Engine::walk_names(unsigned database) {
  Parts& parts = *parts_;
  return {parts.environment, parts.databases, database, parts.segments, parts.record_reader, parts.ledger};
}

// --- the log

std::uint64_t Engine::append(std::span<const std::string_view> parts) {
  return parts_->log.append(parts);
}
void Engine::set_attachment(std::string bytes) {
  parts_->checkpointer.set_attachment(std::move(bytes));
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

Result<void> Engine::writable(bool grows, std::uint64_t bytes) const {
  const Error* log = parts_->log.obstacle(bytes);
  if (log_failed()) return *log;
  // On a full disk only what grows the store is refused: deleting may help.
  if (log && log->code != ErrorCode::kNoSpace) {
    return Error{log->code, log->message + ". Writes are accepted again when the log's next file can be made"};
  }
  const DiskLevel& disk = parts_->disk;
  if (grows && disk.exhausted()) {
    return Error{ErrorCode::kNoSpace, std::to_string(disk.free_bytes) + " bytes are free, " +
                                          std::to_string(disk.reserve_bytes) + " are needed in reserve"};
  }
  if (grows && parts_->log.stalled()) return Error{ErrorCode::kNoSpace, "the log's next file does not fit"};
  if (const Error* eviction = grows ? parts_->evictor.obstacle() : nullptr) {
    return Error{ErrorCode::kOutOfMemory, "cold records cannot be written: " + eviction->message};
  }
  return {};
}

bool Engine::unhindered() const {
  return !parts_->log.hindered() && !parts_->disk.exhausted() && !parts_->spiller.failing_since_us() && has_room();
}

bool Engine::log_failed() const {
  return parts_->log.failure().has_value();
}

bool Engine::log_advances() const {
  return !log_failed() && !parts_->log.stalled();
}

bool Engine::has_room() const {
  return !log_congested() && !parts_->compactor.behind() && (!parts_->evictor.enabled() || parts_->governor.has_room());
}
bool Engine::log_congested() const {
  return parts_->log.congested() && log_advances();
}
bool Engine::out_of_memory() const {
  return !parts_->options.tiering && parts_->ledger.exceeded();
}
bool Engine::memory_short() const {
  return parts_->governor.is_short();
}
io::Task<void> Engine::wait_for_room() {
  while (log_congested()) co_await parts_->log.position_changed().wait();
  co_await parts_->evictor.wait_for_room();
  co_await parts_->compactor.wait_caught_up();
}

io::Task<void> Engine::wait_for_eviction() {
  return parts_->evictor.wait_for_room();
}

// --- maintenance

io::Task<Result<void>> Engine::checkpoint() {
  return parts_->checkpointer.checkpoint();
}
bool Engine::changeable(unsigned database, const Key& key) {
  // Only a checkpoint needs an object as it was.
  return !parts_->checkpointer.running() || parts_->databases.database(database).changeable(key);
}

io::Event& Engine::object_serialized() {
  return parts_->databases.object_serialized();
}

bool Engine::checkpoint_running() const {
  return parts_->checkpointer.running();
}

// What a checkpoint in progress is already writing becomes cold when that is written.
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
  const std::function<bool()> may_continue = [] { return true; };
  co_return co_await parts_->compactor.compact(may_continue);
}

io::Task<void> Engine::find_expired_cold(std::int64_t now_ms, ExpiredKeys& expired) {
  return parts_->cold_key_scanner.find_expired(now_ms, expired);
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
  parts.ledger.set_limit(options.max_memory_bytes);
  parts.evictor.set_enabled(options.tiering && options.max_memory_bytes > 0);
  parts.checkpointer.set_log_bound(options.checkpoint_log_bytes);
  parts.compactor.reconfigure(options);
  parts.scrubber.set_days(options.scrub_days);
  parts.segments.dictionaries().set_in_use(options.dictionaries);
  parts.segments.files().set_limit(options.open_segment_files);
  parts.segments.set_segment_size(options.segment_bytes);
}

void Engine::set_open_segment_files(std::size_t files) {
  parts_->options.open_segment_files = files;
  parts_->segments.files().set_limit(files);
}

Ledger& Engine::ledger() {
  return parts_->ledger;
}

const Options& Engine::options() const {
  return parts_->options;
}

Statistics Engine::statistics() const {
  const Parts& parts = *parts_;
  Statistics reading = parts.statistics;
  const DatabaseSet::Totals totals = parts.databases.totals();
  reading.hot_keys = totals.hot_keys;
  reading.cold_keys = totals.cold_keys;
  reading.index_entries = totals.entries;
  reading.index_memory_bytes = totals.index_bytes;
  parts.segments.for_each([&reading](const Segment& segment) {
    reading.live_records += segment.total_records - segment.dead_records();
    reading.live_bytes += segment.live_bytes();
    reading.dead_records += segment.dead_records();
    reading.overwritten_records += segment.overwritten_records;
  });
  reading.segments = parts.segments.count();
  reading.segment_files_open = parts.segments.files().open_count();
  reading.segment_bytes = parts.segments.bytes();
  reading.segment_retired_bytes = parts.segments.retired_bytes();
  reading.segment_unused_bytes = parts.segments.unused_bytes();
  reading.log_bytes = parts.log.end_position() - parts.checkpointer.manifest().log.position;
  reading.log_file_bytes = parts.log.file_count() * kLogFileSize;
  reading.log_spare_bytes = parts.log.files().ready_count() * kLogFileSize;
  reading.disk_free_bytes = parts.disk.free_bytes;
  reading.spilled_bytes = parts.spill_writer.written_bytes();
  reading.spilled_raw_bytes = parts.spill_writer.raw_bytes();
  reading.compaction_raw_bytes = parts.compaction_writer.raw_bytes();
  const Dictionary* dictionary = parts.segments.dictionaries().current();
  reading.dictionary = dictionary ? dictionary->id() : 0;
  reading.compaction_written_bytes = parts.compaction_writer.written_bytes();
  return reading;
}

}  // namespace terrace::storage
