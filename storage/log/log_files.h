// LogFiles: the files that the log is written to, in order. One file is prepared ahead of the writer: a recycled one,
// whose blocks are allocated and written, so that a synced write costs no journal commit; or, if there is none, a new
// one, which may be filled with zeros. A file's serial is never reused, so that old frames of a recycled file are
// refused.
// Ownership: owns the open file handles.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/limits.h"

namespace terrace::storage {

struct LogFile {
  std::uint64_t serial = 0;
  io::FileHandle file = io::kNoFile;
};

class LogFiles {
 public:
  explicit LogFiles(const io::Environment& environment) : environment_(environment) {}

  // The serials of all files in the directory, ascending.
  Result<std::vector<std::uint64_t>> list();

  void set_next_serial(std::uint64_t serial) { next_serial_ = serial; }

  // The next file for the writer: the prepared one, or one created now. Starts preparing another one.
  io::Task<Result<LogFile>> next();
  // Why the last attempt to make a file failed. Nothing is lost by that: no file held a frame.
  const std::optional<Error>& obstacle() const { return obstacle_; }
  // After a failure: tries again to prepare the next file. Called now and then.
  void prepare_again();
  // Whether a prepared file is filled with zeros. Only synced writes become faster by it. Where no reply waits for a
  // sync it costs more than it saves: the disk wrote every byte twice, and there were half as many SETs of 4 KiB.
  void set_filling(bool wanted) { filling_ = wanted; }
  // The number of files expected until the next checkpoint. This many files are kept, or as many as were expected the
  // last time if that is more, because a new file may cost a file's bytes of zeros.
  void expect(std::size_t files);
  // For a closed file that is no longer needed: it is kept for recycling, or deleted if enough are kept.
  io::Task<Result<void>> retire(std::uint64_t serial);
  io::Task<Result<void>> remove(std::uint64_t serial);
  // Waits for a file being prepared, closes it and keeps it.
  io::Task<void> close();

  // Files that are ready for the writer: spares, and the prepared one.
  std::size_t ready_count() const { return spares_.size() + (ready_.file != io::kNoFile ? 1 : 0); }

 private:
  io::Task<Result<LogFile>> prepare(bool fill);
  io::Task<Result<void>> recycle(std::uint64_t old_serial, LogFile& made);
  io::Task<Result<void>> create(bool fill, LogFile& made);
  io::Task<void> prepare_ahead();

  const io::Environment& environment_;
  std::uint64_t next_serial_ = 1;
  std::deque<std::uint64_t> spares_;  // retired files, not open
  std::size_t most_spares_ = kCheckpointLogSize / kLogFileSize;
  std::size_t expected_ = 0;
  LogFile ready_;
  std::optional<Error> obstacle_;
  bool filling_ = true;
  bool preparing_ = false;
  bool closing_ = false;
  io::Event prepared_;
};

}  // namespace terrace::storage
