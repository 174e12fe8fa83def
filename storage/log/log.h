// Log: the sequence of all effects, as bytes at positions, made durable by group commit. The bytes are units, one
// behind the other; replay applies a unit as a whole or not at all.
//
// Appended bytes gather in one frame while earlier frames are being written. A frame is one write and one sync; up to
// kMaxFramesInFlight are in flight. When a write or sync fails, all frames that are not durable yet are written again,
// unchanged, to a fresh file, because a second sync of the same file would prove nothing. When that fails too, the log
// has failed. While the fresh file, or the next one, cannot be made, the log is stalled: frames wait in memory, and it
// is tried again until it can.
//
// A unit is appended by one call of append(), or, if that is impossible, between begin_unit() and end_unit(). In
// between it is open: it may have changed data that the log does not have yet.
//
// Invariants:
// - Positions become durable strictly in order. durable_position() never decreases, and nothing becomes durable after
//   the log has failed.
// - A file of which a write or sync has failed gets no further frame; a block with acknowledged bytes is never written
//   again.
// - At most one unit is open (checked by begin_unit()). No mark is taken while it is (checked by mark()): a replay from
//   there would apply what the checkpoint has already, or half of the unit.
// - Between the first piece of a unit and its end, nothing else is appended (checked by append()). Before the first
//   piece, other units may be appended.
// - durable_position() and unit_end() are ends of units: readers of the log see whole units only.
// - The memory of frames is bounded, if a unit's pieces are, and if its owner awaits wait_for_room() between them.
// - Of the files that are full only those with frames in flight are open.
// Ownership: owns the frames, and the files from the oldest needed one on.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "io/environment.h"
#include "io/sync.h"
#include "io/task.h"
#include "storage/base/aligned_buffer.h"
#include "storage/base/options.h"
#include "storage/base/statistics.h"
#include "storage/log/frame.h"
#include "storage/log/log_files.h"
#include "storage/memory/ledger.h"

namespace terrace::storage {

// A frame boundary: everything before `position` is in frames with a sequence below `sequence`. Reading from here
// starts at `file_offset` of the file; frames there with a lower sequence are skipped.
struct LogMark {
  std::uint64_t position = 0;
  std::uint64_t sequence = 1;
  std::uint64_t chain = 0;  // of the previous frame
  std::uint64_t file_serial = 0;
  std::uint64_t file_offset = 0;
};

// How far the log is written, or durable: to the end of a frame.
struct LogReach {
  std::uint64_t position = 0;
  std::uint64_t sequence = 1;  // of the next frame
  std::uint64_t unit_end = 0;  // of the last unit that ends before `position`
};

class Log {
 public:
  // `queue_charge`: for frames that wait for earlier ones. The others are few: part of a server's fixed cost.
  Log(const io::Environment& environment, Statistics& statistics, LedgerCharge queue_charge = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Continues behind `tail` in a fresh file. `files_in_use`: the files that recovery has read and a checkpoint may
  // still need. Frames from `durable_sequence` up to the tail may not be durable: pass them to write_recovered(), then
  // call finish_recovery(); append() only after that.
  io::Task<Result<void>> start(std::uint64_t store_id, const LogMark& tail, std::uint64_t durable_sequence,
                               const std::vector<std::uint64_t>& files_in_use);
  // Writes the frame again, unchanged, to the current file.
  io::Task<Result<void>> write_recovered(const FrameView& found);
  // Makes everything durable that write_recovered() has written.
  io::Task<Result<void>> finish_recovery();
  // Commits everything, then closes the files.
  io::Task<Result<void>> close();
  // Closes the files as they are.
  io::Task<void> abandon();

  LogFiles& files() { return files_; }
  const LogFiles& files() const { return files_; }
  void set_policy(FsyncPolicy policy) {
    policy_ = policy;
    files_.set_filling(policy == FsyncPolicy::kAlways);
  }

  // Appends one unit (the parts joined); returns the position behind it.
  std::uint64_t append(std::span<const std::string_view> parts);
  // --- a unit in several calls
  void begin_unit();
  // A piece of the unit that is not its last.
  void append_piece(std::span<const std::string_view> parts);
  // The last piece; empty if there was no piece. Returns the position behind it. A waiting checkpoint takes its mark
  // before this returns.
  std::uint64_t end_unit(std::span<const std::string_view> parts);
  bool unit_open() const { return unit_ != Unit::kNone; }
  // Notified by end_unit().
  io::Event& unit_ended() { return unit_ended_; }
  // Waits until at most a few frames are being written, or while the log is stalled not at all: what a unit waits for
  // must not wait for a checkpoint, which may be what frees the space for the next file. An error: the log has failed.
  io::Task<Result<void>> wait_for_room();

  // Starts to write what was appended, if a reply may wait for it or if it is much.
  void commit();
  // Starts to write it in any case.
  void write_gathered();
  // Frees the memory of frames that were not needed since the last call.
  void release_idle();
  // Ends the frame being gathered: what is appended from here on is in another frame.
  LogMark mark();
  // Gives up the files with nothing behind `mark`, which a durable checkpoint covers.
  io::Task<Result<void>> truncate(const LogMark& mark);
  // Waits until everything before `position` is durable, under any policy.
  io::Task<Result<void>> make_durable(std::uint64_t position);
  // The periodic sync of the policies that do not sync every frame.
  io::Task<void> sync_written();

  // The number of marks taken.
  std::uint64_t marks() const { return marks_; }
  std::size_t file_count() const { return files_in_use_.size(); }

  std::uint64_t end_position() const { return end_position_; }
  // The end of the last complete unit.
  std::uint64_t unit_end() const { return unit_end_; }
  // The end of the last complete unit that is durable.
  std::uint64_t durable_position() const { return durable_.unit_end; }
  io::Event& position_changed() { return position_changed_; }
  const std::optional<Error>& failure() const { return failure_; }
  // More is being written than a device that keeps up would leave. Code that does not wait for its own effects must
  // wait then: otherwise the frames would take the memory.
  bool congested() const { return end_position_ - written_.position > kMaxBacklog; }
  // A further file is needed and cannot be made.
  bool stalled() const { return stall_.has_value(); }
  // Why a unit of so many bytes should not begin: the log has failed or is stalled, or the next file cannot be made and
  // the current one may not hold the unit. nullptr: it may begin.
  const Error* obstacle(std::uint64_t bytes) const;
  // False: obstacle() is nullptr for a unit of any size.
  bool hindered() const { return failure_ || stall_ || files_.obstacle(); }

 private:
  struct Frame {
    AlignedBuffer buffer;
    FrameHeader header;
    LogFile file;
    std::uint64_t offset = 0;
    std::uint64_t unit_end = 0;  // of the last unit that ends in or before the frame
    bool synced = false;         // a sync follows its write
    enum class State : std::uint8_t { kQueued, kWriting, kDone, kFailed } state = State::kQueued;
  };
  using FramePointer = std::unique_ptr<Frame>;
  enum class Unit : std::uint8_t { kNone, kOpen, kLogged };  // of the open unit; kLogged: the log has a piece of it

  static constexpr std::uint64_t kMaxBacklog = 4 * kMaxFrameSize;

  FramePointer new_frame();
  void add(std::span<const std::string_view> parts);
  void enqueue_filling();
  void pump();
  void place(Frame& frame);
  io::Task<void> write_in_turn(Frame& frame);
  io::Task<Result<void>> write(Frame& frame);
  void completed();
  void acknowledge();
  void close_left_files();
  io::Task<void> close_beside(io::FileHandle file);
  io::Task<void> switch_file();
  io::Task<void> write_again();
  io::Task<void> sync_before_leaving();
  void fail(const Error& error);
  void fail_unsynced();
  io::Task<Result<void>> open_next_file();
  io::Task<Result<void>> open_when_possible();
  io::Task<Result<void>> sync_recovered();

  const io::Environment& environment_;
  Statistics& statistics_;
  LogFiles files_;
  std::uint64_t store_id_ = 0;
  FsyncPolicy policy_ = FsyncPolicy::kAlways;

  FramePointer filling_;
  std::deque<FramePointer> queue_;  // complete, no place in a file yet
  LedgerCharge queue_charge_;
  std::deque<FramePointer> in_flight_;  // in the order of their sequences
  std::vector<FramePointer> idle_;      // kept for reuse
  std::size_t idle_least_ = 0;          // the least number since the last release_idle()
  unsigned writing_ = 0;
  bool broken_ = false;     // a frame in flight failed: nothing more is written to this file
  bool switching_ = false;  // a task is changing files or writing frames again
  bool syncing_ = false;
  bool sync_failed_ = false;  // of the current file: a further sync of it proves nothing
  bool closing_ = false;
  std::optional<Error> stall_;

  std::deque<LogFile> files_in_use_;  // the last is the current file
  std::uint64_t write_offset_ = 0;
  std::uint64_t next_sequence_ = 1;
  std::uint64_t chain_ = 0;
  std::uint64_t marks_ = 0;
  std::uint64_t end_position_ = 0;
  std::uint64_t unit_end_ = 0;
  Unit unit_ = Unit::kNone;
  io::Event unit_ended_;
  LogReach written_;
  LogReach durable_;
  std::optional<Error> failure_;
  io::Event position_changed_;
  io::Gate tasks_;
};

}  // namespace terrace::storage
