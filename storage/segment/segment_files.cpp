#include "storage/segment/segment_files.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/base/disk_error.h"
#include "storage/base/disk_rule.h"
#include "storage/segment/segment.h"

namespace terrace::storage {

namespace {

constexpr std::size_t kGivenUpTogether = 8;

bool no_descriptors(std::int32_t result) {
  return result == -EMFILE || result == -ENFILE;
}

}  // namespace

void SegmentFiles::set_limit(std::size_t files) {
  if (files == limit_) return;
  limit_ = std::max(files, kLeastLimit);
  changed_.notify();
  trim(limit_);
}

void SegmentFiles::give_up_some() {
  trim(open_.size() - std::min(open_.size(), kGivenUpTogether));
}

void SegmentFiles::add(Segment& segment) {
  segment.open_place = static_cast<std::uint32_t>(open_.size());
  segment.touched = true;
  open_.push_back(&segment);
  trim(limit_);
}

void SegmentFiles::remove(Segment& segment) {
  open_[segment.open_place] = open_.back();
  open_[segment.open_place]->open_place = segment.open_place;
  open_.pop_back();
  segment.open_place = Segment::kNoPlace;
}

// The hand passes each file at most twice: the first time it may only take the chance away.
Segment* SegmentFiles::choose() {
  for (std::size_t steps = 2 * open_.size(); steps > 0; --steps) {
    if (hand_ >= open_.size()) hand_ = 0;
    Segment& segment = *open_[hand_++];
    if (segment.pins > 0 || std::exchange(segment.touched, false)) continue;
    return &segment;
  }
  return nullptr;
}

// False: all are in use.
io::Task<bool> SegmentFiles::close_one() {
  Segment* segment = choose();
  if (!segment) co_return false;
  remove(*segment);
  if (segment->needs_sync) {
    ++segment->pins;
    const std::int32_t synced = co_await disk_.sync(segment->file);
    --segment->pins;
    // Until here a checkpoint that begins syncs the segment, too.
    segment->needs_sync = false;
    if (synced < 0) {
      const Error error = disk_error("sync", FilePath::segment(segment->serial), synced);
      segment->suspect = disk_rule(DiskUse::kSegmentSync, error.code) == DiskRule::kDistrust;
    }
    if (segment->pins > 0) {
      add(*segment);
      co_return true;
    }
  }
  // From here on the segment may be opened again, or be deleted.
  ++closing_;
  co_await disk_.close(std::exchange(segment->file, io::kNoFile));
  --closing_;
  if (waiting_ > 0) changed_.notify();
  co_return true;
}

void SegmentFiles::trim(std::size_t files) {
  if (trimming_ || open_.size() <= files) return;
  trimming_ = true;
  io::spawn(trim_beside(files));
}

io::Task<void> SegmentFiles::trim_beside(std::size_t files) {
  const io::Gate::Holder holder = tasks_.hold();
  for (bool closed = true; closed && open_.size() > files;) closed = co_await close_one();
  trimming_ = false;
}

io::Task<std::int32_t> SegmentFiles::open_path(const char* path, io::OpenMode mode) {
  // Makers of segments wait for nobody; but each that makes one too many closes one.
  if (open_.size() > limit_) co_await close_one();
  std::int32_t file = co_await disk_.open(path, mode);
  while (no_descriptors(file)) {
    const bool closed = co_await close_one();
    if (!closed) break;
    file = co_await disk_.open(path, mode);
  }
  co_return file;
}

io::Task<Result<void>> SegmentFiles::open(Segment& segment) {
  ++waiting_;
  while (segment.opening) co_await changed_.wait();
  if (segment.file != io::kNoFile) {
    --waiting_;
    co_return Result<void>();
  }
  segment.opening = true;
  while (open_.size() + opening_ >= limit_) {
    const bool closed = co_await close_one();
    if (!closed) co_await changed_.wait();
  }
  --waiting_;
  ++opening_;
  const std::string path = FilePath::segment(segment.serial).text();
  std::int32_t file = co_await open_path(path.c_str(), io::OpenMode::kWrite);
  while (no_descriptors(file) && (!open_.empty() || closing_ > 0)) {
    ++waiting_;
    co_await changed_.wait();
    --waiting_;
    file = co_await open_path(path.c_str(), io::OpenMode::kWrite);
  }
  --opening_;
  segment.opening = false;
  if (file >= 0) {
    segment.file = file;
    add(segment);
  }
  changed_.notify();
  if (file < 0) co_return disk_error("open", path, file);
  co_return Result<void>();
}

io::Task<void> SegmentFiles::close(Segment& segment) {
  if (segment.file == io::kNoFile) co_return;
  if (segment.open_place != Segment::kNoPlace) remove(segment);
  co_await disk_.close(std::exchange(segment.file, io::kNoFile));
}

io::Task<void> SegmentFiles::wait_idle() {
  while (!tasks_.idle()) co_await tasks_.wait();
}

}  // namespace terrace::storage
