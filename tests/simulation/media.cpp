#include "tests/simulation/media.h"

#include <algorithm>

#include "io/disk.h"
#include "io/result.h"

namespace terrace::simulation {

namespace {

constexpr std::uint64_t kSector = io::kSectorSize;

}  // namespace

std::string Media::parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

void Media::add_root() {
  auto root = std::make_shared<File>();
  root->directory = true;
  live_names_[""] = root;
  durable_names_[""] = root;
}

// --- names

Media::FilePointer Media::find(const std::string& path) const {
  auto it = live_names_.find(path);
  return it == live_names_.end() ? nullptr : it->second;
}

std::vector<std::string> Media::list(const std::string& directory) const {
  std::vector<std::string> names;
  for (const auto& [path, file] : live_names_) {
    if (!path.empty() && parent_of(path) == directory) {
      names.push_back(directory.empty() ? path : path.substr(directory.size() + 1));
    }
  }
  return names;
}

Media::FilePointer Media::create(const std::string& path, bool directory) {
  auto file = std::make_shared<File>();
  file->directory = directory;
  file->names = 1;
  live_names_[path] = file;
  name_changes_.push_back({++sequence_, NameChange::Kind::kCreate, path, {}, file});
  return file;
}

void Media::rename(const std::string& from, const std::string& to) {
  FilePointer file = find(from);
  TERRACE_CHECK(file && !file->directory);
  FilePointer replaced = find(to);
  name_changes_.push_back({++sequence_, NameChange::Kind::kRename, from, to, file});
  live_names_.erase(from);
  live_names_[to] = file;
  if (replaced && replaced != file) {
    --replaced->names;
    release_if_unused(*replaced);
  }
}

void Media::unlink(const std::string& path) {
  FilePointer file = find(path);
  TERRACE_CHECK(file && !file->directory);
  name_changes_.push_back({++sequence_, NameChange::Kind::kUnlink, path, {}, file});
  live_names_.erase(path);
  --file->names;
  release_if_unused(*file);
}

void Media::apply(std::map<std::string, FilePointer>& names, const NameChange& change) {
  switch (change.kind) {
    case NameChange::Kind::kCreate:
      names[change.path] = change.file;
      break;
    case NameChange::Kind::kRename: {
      auto it = names.find(change.path);
      if (it != names.end() && it->second == change.file) names.erase(it);
      names[change.target] = change.file;
      break;
    }
    case NameChange::Kind::kUnlink: {
      auto it = names.find(change.path);
      if (it != names.end() && it->second == change.file) names.erase(it);
      break;
    }
  }
}

void Media::sync_directory(const std::string& path, std::uint64_t mark) {
  auto covered = [&](const NameChange& change) {
    return change.sequence <= mark && (parent_of(change.path) == path ||
                                       (change.kind == NameChange::Kind::kRename && parent_of(change.target) == path));
  };
  for (const NameChange& change : name_changes_) {
    if (covered(change)) apply(durable_names_, change);
  }
  std::erase_if(name_changes_, covered);
}

void Media::closed(File& file) {
  TERRACE_CHECK(file.handles > 0);
  --file.handles;
  release_if_unused(file);
}

void Media::release_if_unused(File& file) {
  if (file.names > 0 || file.handles > 0 || file.freed) return;
  file.freed = true;
  used_bytes_ -= file.live_size;
}

// --- content

void Media::read(const File& file, std::uint64_t offset, std::span<std::byte> out) const {
  file.live.read(offset, out.data(), out.size());
}

void Media::write(File& file, std::uint64_t offset, std::span<const std::byte> data) {
  const std::uint64_t end = offset + data.size();
  if (end > file.live_size) set_size(file, end);
  file.live.write(offset, data.data(), data.size());
  file.changes.push_back({.sequence = ++sequence_, .offset = offset, .data = {data.begin(), data.end()}});
  file.changes.back().overwritten.assign((data.size() + kSector - 1) / kSector, false);
}

void Media::resize(Content& content, std::uint64_t from, std::uint64_t to) {
  if (to < from) content.zero(to, from - to);
}

void Media::set_size(File& file, std::uint64_t size) {
  if (size == file.live_size) return;
  resize(file.live, file.live_size, size);
  used_bytes_ += size - file.live_size;
  file.changes.push_back({.sequence = ++sequence_, .offset = file.live_size, .data = {}, .size = size});
  file.live_size = size;
}

void Media::keep_sector(File& file, const Change& change, std::uint64_t sector) {
  const std::uint64_t done = sector * kSector;
  file.durable.write(change.offset + done, change.data.data() + done, std::min(kSector, change.data.size() - done));
}

void Media::make_durable(File& file, const Change& change) {
  if (change.data.empty()) {
    resize(file.durable, file.durable_size, change.size);
    file.durable_size = change.size;
    return;
  }
  for (std::uint64_t sector = 0; sector < change.overwritten.size(); ++sector) {
    if (!change.overwritten[sector]) keep_sector(file, change, sector);
  }
  for (Change& older : file.changes) {
    if (older.sequence >= change.sequence) continue;
    for (std::uint64_t sector = 0; sector < older.overwritten.size(); ++sector) {
      const std::uint64_t at = older.offset + sector * kSector;
      if (at >= change.offset && at < change.offset + change.data.size()) older.overwritten[sector] = true;
    }
  }
}

void Media::sync(File& file, std::uint64_t mark, std::uint64_t offset, std::uint64_t size) {
  auto covered = [mark, offset, size](const Change& change) {
    if (change.sequence > mark || change.lost) return false;
    return change.data.empty() || (change.offset >= offset && change.offset - offset + change.data.size() <= size);
  };
  for (const Change& change : file.changes) {
    if (covered(change)) make_durable(file, change);
  }
  std::erase_if(file.changes, covered);
}

void Media::fail_sync(File& file, std::uint64_t mark, Random& random) {
  for (Change& change : file.changes) {
    // A size is metadata: the file system's journal keeps it for the next sync.
    if (change.sequence > mark || change.lost || change.data.empty()) continue;
    change.lost = true;
  }
  if (random.coin() && lost_vanishes_at_once_) drop_lost_sectors(file, random);
}

// Some sectors read as before the lost writes: the page cache gave up on them, or the device did.
void Media::drop_lost_sectors(File& file, Random& random) {
  for (Change& change : file.changes) {
    if (!change.lost) continue;
    for (std::uint64_t sector = 0; sector < change.overwritten.size(); ++sector) {
      if (change.overwritten[sector] || random.coin()) continue;
      change.overwritten[sector] = true;
      ++dropped_sectors_;
      const std::uint64_t at = change.offset + sector * kSector;
      const bool newer = std::any_of(file.changes.begin(), file.changes.end(), [&](const Change& other) {
        return other.sequence > change.sequence && at >= other.offset && at < other.offset + other.data.size();
      });
      if (!newer) file.live.copy(file.durable, at, std::min(kSector, change.data.size() - sector * kSector));
    }
  }
}

// --- power cut

void Media::keep_some(File& file, Random& random, double survival) {
  for (const Change& change : file.changes) {
    if (change.data.empty()) {
      if (!random.chance(survival)) continue;
      resize(file.durable, file.durable_size, change.size);
      file.durable_size = change.size;
      continue;
    }
    for (std::uint64_t sector = 0; sector < change.overwritten.size(); ++sector) {
      if (!change.overwritten[sector] && random.chance(survival)) keep_sector(file, change, sector);
    }
  }
  std::uint64_t low = std::min(file.durable_size, file.live_size);
  std::uint64_t high = std::max(file.durable_size, file.live_size);
  for (const Change& change : file.changes) {
    const std::uint64_t end =
        change.data.empty() ? std::max(change.offset, change.size) : change.offset + change.data.size();
    low = std::min(low, change.data.empty() ? std::min(change.offset, change.size) : change.offset);
    high = std::max(high, end);
  }
  if (high > file.durable_size) file.durable.zero(file.durable_size, high - file.durable_size);
  file.live.copy(file.durable, low, high - low);
  file.live_size = file.durable_size;
  file.changes.clear();
}

void Media::crash(Random& random, double survival) {
  std::vector<FilePointer> files;
  for (const auto& [path, file] : live_names_) files.push_back(file);
  for (const auto& [path, file] : durable_names_) files.push_back(file);
  for (const NameChange& change : name_changes_) {
    files.push_back(change.file);
    if (random.chance(survival)) apply(durable_names_, change);
  }
  for (const FilePointer& file : files) {
    if (!file->changes.empty()) keep_some(*file, random, survival);
    file->handles = 0;
    file->names = 0;
  }
  name_changes_.clear();
  settle_names();
  count_used();
}

// A name whose directory is gone is gone.
void Media::settle_names() {
  for (auto it = durable_names_.begin(); it != durable_names_.end();) {
    const bool orphan = !it->first.empty() && !durable_names_.contains(parent_of(it->first));
    it = orphan ? durable_names_.erase(it) : std::next(it);
  }
  live_names_ = durable_names_;
  for (const auto& [path, file] : live_names_) ++file->names;
}

void Media::count_used() {
  used_bytes_ = 0;
  for (const auto& [path, file] : live_names_) {
    file->freed = false;
    used_bytes_ += file->live_size;
  }
}

// --- rot

bool Media::flip(const FilePointer& file, std::uint64_t offset, std::byte mask) {
  if (file->directory || offset >= file->durable_size || offset >= file->live_size) return false;
  for (const Change& change : file->changes) {
    if (change.data.empty() || (offset >= change.offset && offset < change.offset + change.data.size())) return false;
  }
  Flip flip{file, offset, mask, {}};
  const std::uint64_t sector = offset / kSector * kSector;
  file->durable.read(sector, flip.sector.data(), kSector);
  flip.sector[offset - sector] ^= mask;
  file->durable.write(sector, flip.sector.data(), kSector);
  file->live.write(sector, flip.sector.data(), kSector);
  flips_.push_back(std::move(flip));
  return true;
}

void Media::undo_flips() {
  for (auto flip = flips_.rbegin(); flip != flips_.rend(); ++flip) {
    const std::uint64_t start = flip->offset / kSector * kSector;
    for (Content* content : {&flip->file->live, &flip->file->durable}) {
      std::array<std::byte, kSector> sector;
      content->read(start, sector.data(), kSector);
      if (sector != flip->sector) continue;
      sector[flip->offset - start] ^= flip->mask;
      content->write(start, sector.data(), kSector);
    }
  }
  flips_.clear();
}

}  // namespace terrace::simulation
