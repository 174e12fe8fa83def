#include "storage/checkpoint/recovery.h"

#include "io/task_group.h"
#include "storage/base/disk_error.h"

namespace terrace::storage {

io::Task<Result<Manifest>> Recovery::open_manifest() {
  Result<Manifest> manifest = co_await read_manifest(environment_.disk);
  if (manifest.ok()) {
    // Stores of earlier versions have no such directory.
    Result<void> made = environment_.disk.make_directory("dictionaries");
    if (!made.ok()) co_return made.error();
    // What is read from here on must be what a power cut would leave.
    for (const char* directory : {"", "log", "segments", "checkpoints", "dictionaries"}) {
      const std::int32_t synced = co_await environment_.disk.sync_directory(directory);
      Result<void> done = check_done("sync directory", directory, synced);
      if (!done.ok()) co_return done.error();
    }
  }
  if (manifest.ok() || manifest.error().code != ErrorCode::kNotFound) co_return manifest;
  for (const char* directory : {"log", "segments", "checkpoints", "dictionaries"}) {
    Result<void> made = environment_.disk.make_directory(directory);
    if (!made.ok()) co_return made.error();
    Result<std::vector<std::string>> names = environment_.disk.list(directory);
    if (!names.ok()) co_return names.error();
    if (!names->empty()) {
      co_return Error{ErrorCode::kCorrupt, std::string("MANIFEST is missing, but ") + directory + "/" + names->front() +
                                               " is there: refusing to start a new store over an old one"};
    }
  }
  // The directories must be durable before the manifest, which relies on them.
  const std::int32_t synced = co_await environment_.disk.sync_directory("");
  Result<void> done = check_done("sync directory", ".", synced);
  if (!done.ok()) co_return done.error();
  co_return co_await create_store();
}

io::Task<Result<Manifest>> Recovery::create_store() {
  Manifest manifest;
  // Made from the time and a random number, to differ from other stores'; never 0.
  manifest.store_id =
      environment_.random_seed * 0x9E3779B97F4A7C15ull ^ static_cast<std::uint64_t>(environment_.clock.wall_ms()) ^ 1;
  manifest.next_database_id = databases_.next_id();
  Result<void> written = co_await write_manifest(environment_.disk, manifest);
  if (!written.ok()) co_return written.error();
  co_return manifest;
}

io::Task<Result<void>> Recovery::load_checkpoint(const Manifest& manifest) {
  segments_.set_store_id(manifest.store_id);
  segments_.set_next_serial(manifest.next_segment_serial);
  if (manifest.checkpoint_serial != 0) {
    Result<void> read = co_await read_checkpoint(environment_.disk, manifest.checkpoint_serial, *this);
    if (!read.ok()) {
      const bool missing = read.error().code == ErrorCode::kNotFound;
      co_return Error{missing ? ErrorCode::kCorrupt : read.error().code,
                      (missing ? "the manifest names a checkpoint that is not there: " : "") + read.error().message};
    }
  }
  databases_.set_next_id(std::max(databases_.next_id(), manifest.next_database_id));
  Result<void> adopted = co_await adopt_segments();
  if (!adopted.ok()) co_return adopted;
  Result<void> counted = count_live();
  if (!counted.ok()) co_return counted;
  segments_.retire_dead();
  co_return co_await segments_.remove_unknown_files();
}

// Each segment waits for the disk several times.
io::Task<Result<void>> Recovery::adopt_segments() {
  constexpr std::uint64_t kAtOnce = 16;  // each has a file open
  io::TaskGroup group(kAtOnce);
  for (auto& segment : found_) {
    co_await group.place();
    if (group.failed()) break;
    group.start(segments_.adopt(std::move(segment)));
  }
  Result<void> adopted = co_await group.wait();
  found_.clear();
  co_return adopted;
}

Result<void> Recovery::database(unsigned number, std::uint32_t id, std::uint64_t entries) {
  if (entries == 0 && number >= databases_.count()) return {};
  Result<void> assigned = databases_.assign_id(number, id);
  if (assigned.ok()) databases_[number].index().reserve(entries);
  return assigned;
}

Result<void> Recovery::entry(std::uint32_t database_id, std::uint64_t known_hash, IndexEntry cold) {
  Keyspace* keyspace = databases_.by_id(database_id);
  if (!keyspace || cold.is_hot()) return Error{ErrorCode::kCorrupt, "checkpoint: entry of an unknown database"};
  keyspace->index().insert(known_hash, cold);
  return {};
}

Result<void> Recovery::segment(std::unique_ptr<Segment> segment) {
  found_.push_back(std::move(segment));
  return {};
}

Result<void> Recovery::attachment(std::string_view bytes) {
  attachment_ = bytes;
  return {};
}

Result<void> Recovery::count_live() {
  Result<void> result;
  for (unsigned number = 0; number < databases_.count(); ++number) {
    const Index& index = databases_[number].index();
    for (std::uint32_t chain = 0; chain < index.chain_count(); ++chain) {
      index.visit_chain(chain, [&](IndexEntry& entry, std::uint64_t) {
        if (entry.is_witness()) return;
        const Location location = entry.location();
        const Segment* segment = segments_.find(location.segment());
        if (!segment || location.page() == 0 || location.page() >= segment->used_pages) {
          result =
              Error{ErrorCode::kCorrupt, "checkpoint: an entry lies outside the segments it knows (segment number " +
                                             std::to_string(location.segment()) + ")"};
          return;
        }
        segments_.add_live(location);
        if (entry.is_overwritten()) segments_.add_overwritten(location);
      });
    }
  }
  return result;
}

}  // namespace terrace::storage
