// LogReader: reads the log back at recovery, from a checkpoint's mark to the end, and judges how it ends.
// Torn is not rotten: a bad frame behind all frames that a valid one calls durable is what a power cut leaves; it is
// cut off and said so. A bad frame before that is corruption: the store does not open.
// Ownership: borrows files and applier. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/environment.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"
#include "storage/log/frame.h"
#include "storage/log/log.h"

namespace terrace::storage {

class LogApplier;

class LogReader {
 public:
  LogReader(const io::Environment& environment, std::uint64_t store_id, const LogMark& from)
      : environment_(environment), store_id_(store_id), tail_(from), durable_sequence_(from.sequence) {}

  // Applies everything behind the mark. `serials`: the folder's files, ascending.
  io::Task<Result<void>> replay(const std::vector<std::uint64_t>& serials, LogApplier& applier);

  // After replay() and Log::start(): writes the frames once more that no later frame calls durable. A sync of them may
  // have failed in the process before; then they can be read, and a further sync succeeds, though a power cut takes
  // them. They go to a fresh file before anybody is told of them.
  io::Task<Result<void>> secure_tail(Log& log);

  // Where the log goes on, valid after replay(): behind the last complete entry.
  const LogMark& tail() const { return tail_; }
  // All frames below it were durable when a frame behind them was sealed, or are in the checkpoint.
  std::uint64_t durable_sequence() const { return durable_sequence_; }
  // The last file that frames were taken from; 0: none.
  std::uint64_t last_serial() const { return last_serial_; }
  std::uint64_t replayed_bytes() const { return replayed_bytes_; }
  // Above 0: bytes of frames that were begun but are not durable, and are cut off. Said with `torn_place`.
  std::uint64_t torn_bytes() const { return torn_bytes_; }
  const std::string& torn_place() const { return torn_place_; }

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

  io::Task<Result<void>> open(std::uint64_t serial, Source& source);
  io::Task<void> close(Source& source);
  // At least `wanted` bytes from `offset` (fewer at the end of the file).
  io::Task<Result<std::span<const std::byte>>> view(Source& source, std::uint64_t offset, std::uint64_t wanted);
  io::Task<Result<std::optional<FrameView>>> frame_at(Source& source, std::uint64_t offset);
  io::Task<Result<void>> replay_file(Source& source, std::uint64_t& offset, LogApplier& applier);
  // Where in `source` the frame stands that goes on from here; nothing if it does not.
  io::Task<Result<std::optional<std::uint64_t>>> continuation(Source& source);
  io::Task<Result<void>> judge_end(Source& source, std::uint64_t offset, bool first, const Source& end,
                                   std::uint64_t end_offset);
  io::Task<Result<void>> accept(const FrameView& frame, LogApplier& applier);
  void note_unproven(const FrameHeader& header, std::uint64_t serial, std::uint64_t offset);
  bool follows(const FrameHeader& header) const;

  const io::Environment& environment_;
  std::uint64_t store_id_;
  LogMark tail_;                    // position: behind the last frame, carried bytes included, until replay() ends
  std::vector<std::byte> carried_;  // an entry of which the end is still to come
  std::uint64_t durable_sequence_;
  std::deque<FramePlace> unproven_;
  std::uint64_t last_serial_ = 0;
  std::uint64_t replayed_bytes_ = 0;
  std::uint64_t torn_bytes_ = 0;
  std::string torn_place_;
};

}  // namespace terrace::storage
