// LogReader: reads the log at recovery, from a checkpoint's mark to the end, and decides whether its end is torn or
// corrupt.
//
// Frames are read in order and scanned for the ends of units. The bytes behind the last end are kept in memory until
// the next end is found; then both are applied. Of a unit longer than kReplayWindow, only the places of its frames are
// kept: when its end is found, its frames are read again and applied one by one.
//
// A torn tail is not corruption: a bad frame behind all frames that a valid frame calls durable is what a power cut
// leaves; it is cut off and reported. A bad frame before that is corruption: the store does not open. A unit without
// its end is cut off too.
//
// Invariants:
// - Nothing of a unit is applied before its end was read.
// - A byte is scanned once, and read at most twice.
// - Memory is bounded by kReplayWindow and two windows of a file, however long a unit is.
// - A frame begins where the previous one ended; or, after a start that cut off an unfinished unit, where that unit
//   began.
// Ownership: borrows files and applier.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "io/environment.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"
#include "storage/log/frame.h"
#include "storage/log/log.h"
#include "storage/log/log_applier.h"

namespace terrace::storage {

class LogReader {
 public:
  LogReader(const io::Environment& environment, std::uint64_t store_id, const LogMark& from)
      : environment_(environment),
        store_id_(store_id),
        tail_(from),
        unit_position_(from.position),
        durable_sequence_(from.sequence) {}

  // Applies everything behind the mark. `serials`: the files in the directory, ascending.
  io::Task<Result<void>> replay(const std::vector<std::uint64_t>& serials, LogApplier& applier);

  // Called after replay() and Log::start(): writes the last frames again, those that no later frame calls durable.
  // Their sync may have failed in the previous process: then they can be read, and a further sync succeeds, but a power
  // cut loses them. They are in a fresh file before any client sees their content.
  io::Task<Result<void>> secure_tail(Log& log);

  // Where the log continues; valid after replay(): behind the last complete unit.
  const LogMark& tail() const { return tail_; }
  // All frames below it were durable when a later frame was sealed, or are in the checkpoint.
  std::uint64_t durable_sequence() const { return durable_sequence_; }
  // The last file that frames were taken from; 0: none.
  std::uint64_t last_serial() const { return last_serial_; }
  std::uint64_t replayed_bytes() const { return replayed_bytes_; }
  // Above 0: bytes of incomplete frames that are not durable; they are cut off and reported with `torn_place`.
  std::uint64_t torn_bytes() const { return torn_bytes_; }
  const std::string& torn_place() const { return torn_place_; }
  // Above 0: bytes of the unit at the log's end that has no end. They are cut off, but their frames stay in the log
  // until a checkpoint frees their files.
  std::uint64_t unfinished_bytes() const { return unfinished_bytes_; }

 private:
  // One open file with a window of its bytes.
  struct Source {
    std::uint64_t serial = 0;
    io::FileHandle file = io::kNoFile;
    std::uint64_t size = 0;
    AlignedBuffer window;
    std::uint64_t window_offset = 0;
  };
  struct FramePlace {
    std::uint64_t serial;
    std::uint64_t offset;
    std::uint64_t sequence;
  };
  // Adjacent frames in one file.
  struct Extent {
    std::uint64_t serial;
    std::uint64_t begin;
    std::uint64_t end;
  };

  io::Task<Result<void>> open(std::uint64_t serial, Source& source);
  io::Task<void> close(Source& source);
  // At least `wanted` bytes from `offset` (fewer at the end of the file).
  io::Task<Result<std::span<const std::byte>>> view(Source& source, std::uint64_t offset, std::uint64_t wanted);
  io::Task<Result<std::optional<FrameView>>> frame_at(Source& source, std::uint64_t offset);
  // The same for a place where a good frame was read before.
  io::Task<Result<FrameView>> known_frame_at(Source& source, std::uint64_t offset);
  io::Task<Result<void>> replay_file(Source& source, std::uint64_t& offset, LogApplier& applier);
  // The place in `source` of the frame that follows the tail; nullopt if there is none.
  io::Task<Result<std::optional<std::uint64_t>>> continuation(Source& source);
  io::Task<Result<void>> judge_end(Source& source, std::uint64_t offset, bool first, const Source& end,
                                   std::uint64_t end_offset);
  bool follows(const FrameHeader& header) const;
  io::Task<Result<void>> accept(const FrameView& frame, const Extent& place, LogApplier& applier);
  void drop_unfinished(LogApplier& applier);
  void note_unproven(const FrameHeader& header, const Extent& place);
  void note_place(const Extent& place);
  void keep(std::span<const std::byte> bytes);
  io::Task<Result<void>> apply_until(std::uint64_t end_position, std::span<const std::byte> rest, LogApplier& applier);
  io::Task<Result<void>> apply_kept(std::span<const std::byte> rest, LogApplier& applier);
  io::Task<Result<void>> apply_from_files(std::uint64_t end_position, LogApplier& applier);
  io::Task<Result<void>> apply_extent(Source& source, const Extent& extent, std::uint64_t& position,
                                      std::uint64_t end_position, LogApplier& applier);

  const io::Environment& environment_;
  std::uint64_t store_id_;
  LogMark tail_;                 // until replay() ends: behind the last frame, an unfinished unit included
  std::uint64_t unit_position_;  // the end of the last complete unit: where the unfinished one begins
  std::unique_ptr<UnitScanner> scanner_;
  std::vector<std::byte> kept_;  // the unfinished unit's bytes; empty if they exceed kReplayWindow
  std::vector<Extent> extents_;  // its frames
  std::uint64_t durable_sequence_;
  std::deque<FramePlace> unproven_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t replayed_bytes_ = 0;
  std::uint64_t torn_bytes_ = 0;
  std::string torn_place_;
  std::uint64_t unfinished_bytes_ = 0;
};

}  // namespace terrace::storage
