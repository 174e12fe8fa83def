// SegmentFiles: which files of sealed segments are open. At most as many as the limit says stay open; the one that was
// not used for longest is closed first (second chance: a clock hand over the open ones). A segment that is being written
// to keeps its file open and does not count: there are few of them.
//
// Invariants:
// - The file of a pinned segment is not closed: who pins a segment and finds its file open, or open()s it, may use it.
// - A file is closed only when its segment needs no sync: a checkpoint syncs only open files.
// Ownership: a member of the SegmentTable, which owns the segments.
// Thread: the reactor's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/disk.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::storage {

struct Segment;

class SegmentFiles {
 public:
  explicit SegmentFiles(io::Disk& disk) : disk_(disk) {}
  SegmentFiles(const SegmentFiles&) = delete;
  SegmentFiles& operator=(const SegmentFiles&) = delete;

  // Compaction, the scrubber and the search for cold keys keep one file each in use; one more is for reads.
  static constexpr std::size_t kLeastLimit = 4;
  // At least kLeastLimit. What is too much is closed as soon as nobody uses it.
  void set_limit(std::size_t files);
  std::size_t open_count() const { return open_.size(); }

  // The segment is sealed and its file is open.
  void add(Segment& segment);
  // Opens the file of a sealed segment that the caller has pinned. Waits while as many files as may be are open and all
  // of them are in use.
  io::Task<Result<void>> open(Segment& segment);
  // disk.open(), but files that nobody uses are closed first, if too many are open or there are no descriptors.
  io::Task<std::int32_t> open_path(const char* path, io::OpenMode mode);
  // Closes the file, if it is open, of a segment that is not pinned.
  io::Task<void> close(Segment& segment);
  // Closes a few files that nobody uses: descriptors are needed elsewhere.
  void give_up_some();
  // Waits until nothing is being closed.
  io::Task<void> wait_idle();

  // A segment is no longer pinned.
  void unpinned() {
    if (waiting_ > 0) changed_.notify();
    if (open_.size() > limit_) trim(limit_);
  }

 private:
  Segment* choose();
  void remove(Segment& segment);
  io::Task<bool> close_one();
  void trim(std::size_t files);
  io::Task<void> trim_beside(std::size_t files);

  io::Disk& disk_;
  std::size_t limit_ = SIZE_MAX;
  std::vector<Segment*> open_;
  std::size_t hand_ = 0;
  std::size_t opening_ = 0;
  std::size_t closing_ = 0;
  unsigned waiting_ = 0;
  bool trimming_ = false;
  io::Event changed_;
  io::Gate tasks_;
};

}  // namespace terrace::storage
