// Log: the sequence of all effects, as bytes at positions, made durable by group commit. The bytes are units, one behind
// the other: what replay takes back as a whole or not at all.
// What is appended gathers in one frame while earlier frames are on their way; each frame is one write and one sync.
// Up to kMaxFramesInFlight are in flight; positions become durable strictly in order. When a write or sync fails, all
// frames not yet durable are written again, the same, to a fresh file, since a second sync of the same file would prove
// nothing; when that fails too the log has failed: it takes no more, and nothing further becomes durable.
//
// A unit is appended by one call, or, if it cannot be, between begin_unit() and end_unit(). It is open between these:
// something of it may have been changed already that the log does not have yet.
// Invariants:
// - At most one unit is open. No mark is taken while one is: replay from there would apply what the checkpoint has
//   already, or half of the unit.
// - Between the first piece of a unit and its end nothing else is appended. Before the first piece others may append.
// - durable_position() and unit_end() are ends of units: what is told of the log, or taken from it, is whole units.
// - Frames in memory are bounded if a unit's pieces are, and wait_for_room() comes between them.
// Ownership: owns frames and the files from the oldest one needed on. Thread: the reactor's.
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

namespace terrace::storage {

// A frame boundary: all before `position` is in frames below `sequence`. Reading for it starts at `offset` of the file;
// frames found there with a lower sequence are passed over.
struct LogMark {
  std::uint64_t position = 0;
  std::uint64_t sequence = 1;
  std::uint64_t chain = 0;  // of the frame before
  std::uint64_t file_serial = 0;
  std::uint64_t file_offset = 0;
};

// How far something reaches: to the end of a frame.
struct LogReach {
  std::uint64_t position = 0;
  std::uint64_t sequence = 1;  // of the frame behind
  std::uint64_t unit_end = 0;  // the last one up to the position
};

class Log {
 public:
  Log(const io::Environment& environment, Statistics& statistics);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Continues behind `tail` in a fresh file. `files_in_use`: what recovery read and a checkpoint may still need.
  // Frames from `durable_sequence` on, up to the tail, may not be durable: they follow by write_recovered(). Then comes
  // finish_recovery(), and only then append().
  io::Task<Result<void>> start(std::uint64_t store_id, const LogMark& tail, std::uint64_t durable_sequence,
                               const std::vector<std::uint64_t>& files_in_use);
  // The same frame once more, in the file being written.
  io::Task<Result<void>> write_recovered(const FrameView& found);
  // Makes all that write_recovered() wrote durable.
  io::Task<Result<void>> finish_recovery();
  // Commits everything, then closes the files.
  io::Task<Result<void>> close();
  // Closes the files with what is in them.
  io::Task<void> abandon();

  LogFiles& files() { return files_; }
  const LogFiles& files() const { return files_; }
  void set_policy(FsyncPolicy policy) {
    policy_ = policy;
    files_.set_filling(policy == FsyncPolicy::kAlways);
  }

  // Appends one unit, the parts joined; returns the position behind it.
  std::uint64_t append(std::span<const std::string_view> parts);
  // --- a unit in several calls
  void begin_unit();
  // A piece that is not the last.
  void append_piece(std::span<const std::string_view> parts);
  // The last piece; nothing if there was no piece. Returns the position behind it. A checkpoint that waited takes its
  // mark before this returns.
  std::uint64_t end_unit(std::span<const std::string_view> parts);
  bool unit_open() const { return unit_ != Unit::kNone; }
  // Notified by end_unit().
  io::Event& unit_ended() { return unit_ended_; }
  // Waits until no more than a few frames are on their way. kNoSpace: they wait for the disk, and a checkpoint, which
  // makes space, would wait for the unit.
  io::Task<Result<void>> wait_for_room();

  // Starts writing what was appended if somebody may wait for it, or if it has become much.
  void commit();
  // Starts writing it in any case.
  void write_gathered();
  // Gives back the memory of frames that nobody has needed since the last time.
  void release_idle();
  // Ends the frame being gathered, so that what is appended from here on starts a frame of its own.
  LogMark mark();
  // Forgets the files that hold nothing behind `mark`, which a durable checkpoint covers.
  io::Task<Result<void>> truncate(const LogMark& mark);
  // Waits until everything before `position` is durable, whatever the policy.
  io::Task<Result<void>> make_durable(std::uint64_t position);
  // One periodic sync, for the policies that do not sync every frame.
  io::Task<void> sync_written();

  // Marks taken so far.
  std::uint64_t marks() const { return marks_; }
  std::size_t file_count() const { return open_files_.size(); }

  std::uint64_t end_position() const { return end_position_; }
  // Behind the last whole unit.
  std::uint64_t unit_end() const { return unit_end_; }
  // Behind the last unit that is whole and durable.
  std::uint64_t durable_position() const { return durable_.unit_end; }
  io::Event& position_changed() { return position_changed_; }
  const std::optional<Error>& failure() const { return failure_; }
  // More is on its way than a device that keeps up would leave: whoever does not wait for its own effects must wait for
  // those of others, or they would take the memory.
  bool congested() const { return end_position_ - written_.position > kMaxBacklog; }
  // The next file cannot be made for want of space; goes on by itself when there is some.
  bool starved() const { return starved_; }

 private:
  struct Frame {
    AlignedBuffer buffer;
    FrameHeader header;
    LogFile file;
    std::uint64_t offset = 0;
    std::uint64_t unit_end = 0;  // the last one up to the frame's end
    bool synced = false;         // its own write is followed by a sync
    enum class State : std::uint8_t { kQueued, kWriting, kDone, kFailed } state = State::kQueued;
  };
  using FramePointer = std::unique_ptr<Frame>;
  enum class Unit : std::uint8_t { kNone, kOpen, kLogged };  // the open unit; kLogged: a piece of it is in the log

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
  io::Task<void> switch_file();
  io::Task<void> write_again();
  io::Task<void> sync_before_leaving();
  void fail(const Error& error);
  void fail_unsynced();
  io::Task<Result<void>> open_next_file();
  io::Task<Result<void>> sync_recovered();

  const io::Environment& environment_;
  Statistics& statistics_;
  LogFiles files_;
  std::uint64_t store_id_ = 0;
  FsyncPolicy policy_ = FsyncPolicy::kAlways;

  FramePointer filling_;
  std::deque<FramePointer> queue_;      // sealed as to content, not yet placed
  std::deque<FramePointer> in_flight_;  // by sequence
  std::vector<FramePointer> idle_;      // kept for reuse
  std::size_t idle_least_ = 0;          // that were there all the time since release_idle()
  unsigned writing_ = 0;
  bool broken_ = false;     // a frame in flight failed: nothing more goes to this file
  bool switching_ = false;  // a task is changing files or writing again
  bool syncing_ = false;
  bool sync_failed_ = false;  // in the file being written: a further sync of it proves nothing
  bool closing_ = false;
  bool starved_ = false;

  std::deque<LogFile> open_files_;  // the last is written to
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
