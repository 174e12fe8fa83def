// Engine: the store as the floor above uses it: databases, the log, the tier and what keeps them up in the background.
// One Engine per data directory and reactor. It knows no RESP: what it logs and replays are the caller's bytes.
//
// A command's way: make its keys resident (Database::resident, fetch), change databases, append() its effect,
// note_change() for its keys; reply when durable_position() has reached the command's dependency.
// Ownership: owns everything below it. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/environment.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/options.h"
#include "storage/base/statistics.h"
#include "storage/keyspace/database.h"
#include "storage/log/log_applier.h"
#include "storage/record/fetched_records.h"
#include "storage/tiering/cold_key_scanner.h"

namespace terrace::storage {

class Engine {
 public:
  Engine(const io::Environment& environment, const Options& options);
  ~Engine();  // close() must have completed, or open() must have failed or never been called
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Locks the directory, reads manifest and checkpoint (making them where the directory is empty), replays the log
  // through `applier`, starts the background work. Refuses what it cannot trust, naming file, offset and remedy.
  io::Task<Result<void>> open(LogApplier& applier);
  // Commits what was appended, stops the background work and, if `checkpoint`, writes one so that the next open()
  // replays nothing. The Engine is not usable afterwards.
  io::Task<Result<void>> close(bool checkpoint);

  // --- keys
  unsigned database_count() const;
  Database& database(unsigned number);
  void swap_databases(unsigned a, unsigned b);
  // Empties a database at once; its memory and segments are freed in slices behind.
  void flush_database(unsigned number);
  // Reads records from disk, all of them in parallel, into `fetched_records`. A location that meanwhile is no longer current
  // is no error: the caller asks resident() again. An error (kCorrupt, kIo) names the bad page.
  io::Task<Result<void>> fetch(std::span<const Location> locations, FetchedRecords& fetched_records);
  // The same for who wants names, types and times: records without values, for Database::scan() and random() alone.
  io::Task<Result<void>> fetch_heads(std::span<const Location> locations, FetchedRecords& heads);

  // --- the log
  // Appends one unit, which replay takes back as a whole or not at all (the parts joined); returns the position behind
  // it. Never fails, never waits: see writable().
  std::uint64_t append(std::span<const std::string_view> parts);
  // --- a unit that changes something before it can append() all of it: because it waits, or is larger than memory
  // From here to end_unit() no checkpoint takes its mark. At most one unit is open. Others may append() until the first
  // piece of this one. An open unit waits for fetch() and wait_for_log_room() only; close() is not called meanwhile.
  void begin_unit();
  // A piece of it that is not the last; nothing else is appended between here and end_unit().
  void append_piece(std::span<const std::string_view> parts);
  // Bounds the memory of the pieces: to be awaited between two of them. An error is the log's: what there is of the unit
  // cannot be taken back, and will not be there after the next start. kNoSpace: the disk is full, and would stay so
  // until the unit has ended; its pieces gather in memory if it goes on.
  io::Task<Result<void>> wait_for_log_room();
  // The last piece; nothing if there was no piece: the unit did nothing, or all of it went through append(). Returns the
  // position behind it. Databases are as they should be after the unit: a checkpoint may begin before this returns.
  std::uint64_t end_unit(std::span<const std::string_view> parts = {});
  // Starts writing what was appended since, if a reply may wait for it (under the other policies some milliseconds
  // later); called once per reactor turn, after all commands of the turn.
  void commit();
  std::uint64_t end_position() const;  // behind the last append
  // All before it survives a power cut; an end of a unit; never goes back.
  std::uint64_t durable_position() const;
  // Grows whenever replay may begin at end_position(): an entry must not rely on what was said before.
  std::uint64_t log_marks() const;
  // Up to where replies may be released: durable_position() under FsyncPolicy::kAlways, behind the last whole unit
  // otherwise.
  std::uint64_t released_position() const;
  // Notified whenever released_position() or durable_position() has grown, or the log has failed.
  io::Event& position_changed();
  // Remembers that the key with this hash was last changed by the effect that ends at `position`; read back
  // conservatively (never too low, sometimes too high) by dependency().
  void note_change(std::uint64_t key_hash, std::uint64_t position);
  std::uint64_t dependency(std::uint64_t key_hash) const;

  // --- admission
  // kIo: the log cannot be made durable (answer -MISCONF). kNoSpace: the disk governor's reserve is reached and
  // `grows` (answer -OOM). Asked before a command that writes is run.
  Result<void> writable(bool grows) const;
  // False: what is appended waits for space or for ever.
  bool log_advances() const;
  // False: a command that may use more memory or disk must first `co_await wait_for_room()`: the one is full, or
  // compaction of the other is behind.
  bool has_room() const;
  io::Task<void> wait_for_room();
  // The process is above its memory whatever the records take: replies should leave before more are made.
  bool memory_short() const;

  // A command that changes this key, in memory, would have to do a checkpoint's work on its large object first: it
  // should wait for object_serialized() and ask again.
  bool changeable(unsigned database, const Key& key);
  io::Event& object_serialized();

  // --- maintenance, each done when its task is
  io::Task<Result<void>> checkpoint();  // joins one under way
  bool checkpoint_running() const;
  io::Task<Result<void>> spill(unsigned database, Key key);  // makes a hot key cold; absent or cold already is fine
  io::Task<Result<void>> spill_all();
  io::Task<Result<void>> compact();  // until no segment is worth it

  // --- keys
  // After it Database::size() is exact but for what many blind writes at once have left to compaction (resolver.h).
  io::Task<void> resolve_overwrites(unsigned database);

  // --- keys that should go, for the floor above to remove by commands of its own
  // Cold keys whose expiry has passed; appends up to about `limit`. Hot ones: Database::visit_hot_expired.
  io::Task<void> find_expired_cold(std::int64_t now_ms, std::size_t limit, NamedKeys& keys);
  // In cache mode, while segments take more than the quota: the keys of the least useful one.
  bool over_quota() const;
  io::Task<void> find_victims(std::size_t limit, NamedKeys& keys);

  // Takes over the options that can change at run time; the others keep their value.
  void reconfigure(const Options& options);
  const Options& options() const;
  Statistics statistics() const;
  // Physical memory of the process by the governor's last sample, bytes.
  std::uint64_t resident_memory() const;

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
  // How much of the log, and of segments in which nothing lives, a checkpoint is due to give back.
  struct CheckpointBounds {
    std::uint64_t log_bytes;
    std::uint64_t held_bytes;
  };
  CheckpointBounds checkpoint_bounds() const;
  bool checkpoint_due() const;
  bool log_congested() const;
  bool compaction_due() const;
  bool checkpoint_first() const;
  // Compaction and checkpoints hurry: less than a tenth of the disk, or than the reserve, is free.
  bool disk_low() const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace terrace::storage
