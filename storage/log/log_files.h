// LogFiles: the files that the log is written to, in order. Keeps one prepared file ahead of the writer: recycled (its
// blocks are allocated and written, so that a synced write costs no journal commit) or, when there is none to recycle,
// new, and filled with zeros if that is wanted. A file's serial is never taken again, so that stale frames of a
// recycled file are refused. Ownership: owns the open file handles. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
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

  // Serials of all files in the folder, ascending.
  Result<std::vector<std::uint64_t>> list();

  void set_next_serial(std::uint64_t serial) { next_serial_ = serial; }

  // The next file for the writer: the prepared one, or one made now. Starts preparing another behind it.
  io::Task<Result<LogFile>> next();
  // Whether a file made ahead is filled with zeros. Only synced writes are the faster for it; where none waits for a
  // sync it costs more than it saves: SETs of 4 KiB were half as many, with the disk writing every byte twice.
  void set_filling(bool wanted) { filling_ = wanted; }
  // How many files the time to the next checkpoint will take: so many, or what was expected the last time if that is
  // more, are kept, since to make one may cost a file's bytes of zeros.
  void expect(std::size_t files);
  // A file that is no longer needed: kept for recycling, or deleted if enough are. Takes files that are closed.
  io::Task<Result<void>> retire(std::uint64_t serial);
  io::Task<Result<void>> remove(std::uint64_t serial);
  // Waits for preparation under way; closes and keeps what is prepared.
  io::Task<void> close();

  // Files that wait to be written: spares, and the one prepared of them.
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
  bool filling_ = true;
  bool preparing_ = false;
  bool closing_ = false;
  io::Event prepared_;
};

}  // namespace terrace::storage
