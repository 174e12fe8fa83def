// Engine: the store, as the floor above uses it: databases, log, record reads and background work. One Engine for each
// data directory and reactor. It knows no RESP: what it logs and replays are the caller's bytes.
//
// What a command does: make its keys resident (Database::resident, fetch), change databases, append() its effect,
// note_change() for its keys; its reply leaves when released_position() has reached the command's dependency.
// Ownership: owns everything below it.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "io/environment.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/options.h"
#include "storage/base/statistics.h"
#include "storage/keyspace/database.h"
#include "storage/log/log_applier.h"
#include "storage/memory/ledger.h"
#include "storage/record/fetched_records.h"
#include "storage/tiering/cold_key_scanner.h"
#include "storage/tiering/name_walk.h"

namespace terrace::storage {

class Engine {
 public:
  // `ledger`: accounts for the store's memory; outlives the engine.
  Engine(const io::Environment& environment, const Options& options, Ledger& ledger);
  ~Engine();  // close() must have completed, or open() must have failed or never been called
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Locks the directory, reads manifest and checkpoint (or creates a new store in an empty directory), replays the log
  // through `applier` and starts the background work. Refuses what it cannot trust, and names file, offset and remedy.
  io::Task<Result<void>> open(LogApplier& applier);
  // Commits what was appended, stops the background work and, if `checkpoint`, writes one, so that the next open() has
  // nothing to replay. The Engine cannot be used afterwards.
  io::Task<Result<void>> close(bool checkpoint);

  // --- keys
  unsigned database_count() const;
  Database& database(unsigned number);
  void swap_databases(unsigned a, unsigned b);
  // Empties a database at once; its memory and segments are freed in slices afterwards.
  void flush_database(unsigned number);
  // Reads records from disk, all of them in parallel, into `fetched_records`. A location that is no longer current then
  // is not an error: the caller asks resident() again. An error (kCorrupt, kIo) names the bad page.
  io::Task<Result<void>> fetch(std::span<const Location> locations, FetchedRecords& fetched_records);
  // The same for names, types and times: records without values, only for Database::scan() and random().
  io::Task<Result<void>> fetch_heads(std::span<const Location> locations, FetchedRecords& heads);
  // A walk over the names of all keys. It must not outlive the engine.
  NameWalk walk_names(unsigned database);

  // --- the log
  // Appends one unit (the parts joined), which replay applies as a whole or not at all; returns the position behind it.
  // Never fails, never waits: see writable().
  std::uint64_t append(std::span<const std::string_view> parts);
  // Bytes that the floor above keeps with the store: in each checkpoint, given back by LogApplier::attachment(). A change
  // is in the log as well, appended before anything suspends.
  void set_attachment(std::string bytes);
  // --- a unit that changes something before it can append() all of it, because it waits or is larger than memory
  // Until end_unit(), no checkpoint takes its mark. At most one unit is open. Other units may be appended until the
  // first piece of this one. An open unit waits only for fetch() and wait_for_log_room(). close() must not be called
  // while one is open.
  void begin_unit();
  // A piece of the unit that is not its last; nothing else is appended until end_unit().
  void append_piece(std::span<const std::string_view> parts);
  // Bounds the memory of the pieces: await it between two of them. An error: the log has failed. The pieces so far
  // cannot be removed, but the next start cuts them off. While the log's next file cannot be made, the pieces gather in
  // memory.
  io::Task<Result<void>> wait_for_log_room();
  // The last piece; empty if there was no piece: the unit did nothing, or append() had all of it. Returns the position
  // behind it. The databases must have their state after the unit: a checkpoint may begin before this returns.
  std::uint64_t end_unit(std::span<const std::string_view> parts = {});
  // Called once a turn, after all commands of the turn: starts to write what was appended, if a reply may wait for it
  // (under the other policies, housekeeping writes it some milliseconds later).
  void commit();
  std::uint64_t end_position() const;  // behind the last append
  // Everything before it survives a power cut; the end of a unit; never decreases.
  std::uint64_t durable_position() const;
  // Increases whenever a replay may begin at end_position(): an entry must not depend on entries before a mark.
  std::uint64_t log_marks() const;
  // Replies that depend on positions up to this may leave: durable_position() under FsyncPolicy::kAlways, the end of
  // the last complete unit otherwise.
  std::uint64_t released_position() const;
  // Notified when released_position() or durable_position() has grown, or when the log has failed.
  io::Event& position_changed();
  // Notes that the effect that ends at `position` changed the key with this hash. dependency() returns it, or a later
  // position, never an earlier one.
  void note_change(std::uint64_t key_hash, std::uint64_t position);
  std::uint64_t dependency(std::uint64_t key_hash) const;

  // --- admission
  // Asked before a command that writes is run. `bytes`: about how many its effects are. kNoSpace: `grows`, and the disk's
  // reserve is reached (reply -OOM). kOutOfMemory: `grows`, and memory is full and stays so (-OOM). Others: the log has
  // failed, or its next file cannot be made (-MISCONF). All but a failed log pass when their cause does.
  Result<void> writable(bool grows, std::uint64_t bytes = 0) const;
  // True: writable() and has_room() hold for a unit of any kind and size, as nearly always. False: ask them.
  bool unhindered() const;
  // The log has failed: what is not durable will not be before a restart.
  bool log_failed() const;
  // False: the log has failed or is stalled, so what is appended does not become durable.
  bool log_advances() const;
  // False: a command that may use more memory or disk must first `co_await wait_for_room()`: memory is full, or
  // compaction is behind.
  bool has_room() const;
  io::Task<void> wait_for_room();
  // Waits until records have given way to what the ledger was charged for. They may not while the disk is full.
  io::Task<void> wait_for_eviction();
  // The limit on memory is exceeded, and tiering is off: commands that take memory are refused.
  bool out_of_memory() const;
  // The process is above its memory limit whatever the records take: replies should leave before more are made.
  bool memory_short() const;

  // False: a change of this key, in memory, would have to complete a checkpoint's image of its large object first. The
  // command should wait for object_serialized() and ask again.
  bool changeable(unsigned database, const Key& key);
  io::Event& object_serialized();

  // --- maintenance; each task ends when the work is done
  io::Task<Result<void>> checkpoint();  // or waits for the one in progress
  bool checkpoint_running() const;
  io::Task<Result<void>> spill(unsigned database, Key key);  // makes a hot key cold; no error if it is absent or cold
  io::Task<Result<void>> spill_all();
  io::Task<Result<void>> compact();  // until no segment is worth it

  // --- keys
  // Afterwards Database::size() is exact, except for what very many blind writes have left to compaction
  // (blind_overwrite_resolver.h).
  io::Task<void> resolve_overwrites(unsigned database);

  // --- keys that the floor above should remove, by commands
  // Some of the cold keys of which all or a part has expired. For hot ones: Database::visit_hot_expired.
  io::Task<void> find_expired_cold(std::int64_t now_ms, ExpiredKeys& expired);
  // In cache mode, while segments take more than the quota: the keys of the least useful segment.
  bool over_quota() const;
  io::Task<void> find_victims(std::size_t limit, NamedKeys& keys);

  // Applies the options that can change at run time; the others keep their values.
  void reconfigure(const Options& options);
  void set_open_segment_files(std::size_t files);
  const Options& options() const;
  Ledger& ledger();
  Statistics statistics() const;

 private:
  struct Parts;

  io::Task<Result<void>> recover(LogApplier& applier);
  io::Task<void> run_housekeeping();
  io::Task<void> run_log_sync();
  io::Task<void> run_segment_maintenance();
  io::Task<void> run_scrubber();
  void begin_due_checkpoint();
  io::Task<void> resolve_blind_overwrites();
  void poll_memory();
  void update_disk_space();
  io::Task<void> checkpoint_beside();
  bool log_congested() const;
  bool compaction_due() const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace terrace::storage
