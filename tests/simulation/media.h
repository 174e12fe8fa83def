// Media: the simulated device and its file system, across lives of the store: what a running process sees (live), what
// a power cut cannot take (durable), and the changes between the two.
//
// A power cut keeps a random subset of what was not synced:
//   - of every unsynced write each 512-byte sector by itself; where writes overlap, any version may win;
//   - of unsynced size changes each by itself; what lies beyond the size that is left is gone;
//   - of unsynced names (made, renamed, unlinked; directories too) each by itself. A rename is one step: its target
//     names the old or the new file.
// A sync makes durable exactly the changes of its file that were complete when it was issued (its `mark`). After a
// failed sync those changes are lost to syncs: some vanish at once, the others stay visible, no later sync makes them
// durable, and a power cut may keep any of them.
// Bytes allocated but never written are zeros; a renamed file keeps its content.
// Ownership: owns all files; handles share them. Thread: the simulation's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/disk.h"
#include "tests/simulation/content.h"
#include "tests/simulation/random.h"

namespace terrace::simulation {

class Media {
 public:
  struct Change {
    std::uint64_t sequence = 0;
    std::uint64_t offset = 0;
    std::vector<std::byte> data;      // empty: a change of size
    std::uint64_t size = 0;           // a change of size: to this
    bool lost = false;                // a sync that should have covered it failed
    std::vector<bool> overwritten{};  // by sector: a later write that is durable covers it, or it was dropped
  };
  struct File {
    bool directory = false;
    Content live;
    Content durable;
    std::uint64_t live_size = 0;
    std::uint64_t durable_size = 0;
    std::vector<Change> changes;  // in order of completion
    unsigned names = 0;           // live ones
    unsigned handles = 0;
    bool freed = false;
  };
  using FilePointer = std::shared_ptr<File>;

  explicit Media(std::uint64_t capacity_bytes) : capacity_bytes_(capacity_bytes) { add_root(); }
  Media(const Media&) = delete;
  Media& operator=(const Media&) = delete;

  // --- space. Shrinking below what is used makes further growth fail, nothing else.
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  std::uint64_t capacity() const { return capacity_bytes_; }
  std::uint64_t used() const { return used_bytes_; }
  bool has_room(std::uint64_t bytes) const { return used_bytes_ + bytes <= capacity_bytes_; }

  // --- names
  FilePointer find(const std::string& path) const;
  bool parent_exists(const std::string& path) const { return find(parent_of(path)) != nullptr; }
  std::vector<std::string> list(const std::string& directory) const;
  FilePointer create(const std::string& path, bool directory);
  void rename(const std::string& from, const std::string& to);
  void unlink(const std::string& path);
  void sync_directory(const std::string& path, std::uint64_t mark);
  void opened(File& file) { ++file.handles; }
  void closed(File& file);

  // --- content
  void read(const File& file, std::uint64_t offset, std::span<std::byte> out) const;
  void write(File& file, std::uint64_t offset, std::span<const std::byte> data);
  void set_size(File& file, std::uint64_t size);
  // What is complete now; to be given to sync() when that sync ends.
  std::uint64_t mark() const { return sequence_; }
  // Of the writes only those that lie within `size` bytes from `offset`.
  void sync(File& file, std::uint64_t mark, std::uint64_t offset = 0, std::uint64_t size = ~std::uint64_t{0});
  void fail_sync(File& file, std::uint64_t mark, Random& random);
  void set_lost_vanishes_at_once(bool vanishes) { lost_vanishes_at_once_ = vanishes; }
  // Sectors that vanished at once after a failed sync, so far.
  std::uint64_t dropped_sectors() const { return dropped_sectors_; }

  // --- the power goes. `survival` is the share of what was not synced that is kept.
  void crash(Random& random, double survival);

  // --- bit rot, in durable bytes that no unsynced change covers
  // Flips bits of one byte; false if it is not at rest.
  bool flip(const FilePointer& file, std::uint64_t offset, std::byte mask);
  // Puts every flipped byte back whose sector was not written since.
  void undo_flips();
  std::size_t flips() const { return flips_.size(); }
  // All files with a durable name, for choosing a victim and for tests.
  const std::map<std::string, FilePointer>& durable_names() const { return durable_names_; }
  static std::string parent_of(const std::string& path);

 private:
  struct NameChange {
    std::uint64_t sequence;
    enum class Kind : std::uint8_t { kCreate, kRename, kUnlink } kind;
    std::string path;
    std::string target;  // of a rename
    FilePointer file;
  };

  struct Flip {
    FilePointer file;
    std::uint64_t offset;
    std::byte mask;
    std::array<std::byte, io::kSectorSize> sector;  // as flipped
  };

  void add_root();
  static void apply(std::map<std::string, FilePointer>& names, const NameChange& change);
  static void make_durable(File& file, const Change& change);
  static void keep_sector(File& file, const Change& change, std::uint64_t sector);
  static void resize(Content& content, std::uint64_t from, std::uint64_t to);
  void keep_some(File& file, Random& random, double survival);
  void drop_lost_sectors(File& file, Random& random);
  void settle_names();
  void release_if_unused(File& file);
  void count_used();

  std::uint64_t capacity_bytes_;
  std::uint64_t used_bytes_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t dropped_sectors_ = 0;
  bool lost_vanishes_at_once_ = true;
  std::map<std::string, FilePointer> live_names_;
  std::map<std::string, FilePointer> durable_names_;
  std::vector<NameChange> name_changes_;  // unsynced, in order
  std::vector<Flip> flips_;
};

}  // namespace terrace::simulation
