#include "storage/log/log.h"

#include <algorithm>
#include <cstring>

#include "io/activity.h"
#include "storage/base/disk_error.h"
#include "storage/base/disk_rule.h"
#include "storage/base/mutant.h"
#include "storage/memory/allocation.h"

namespace terrace::storage {

namespace {

// Frames kept for reuse. The page faults of a large frame's new memory would cost more than all other work for the
// frame: a third of the CPU of pipelined SETs.
constexpr std::size_t kIdleFrames = kMaxFramesInFlight + 2;
// The most that is gathered without being written, while no reply waits for it.
constexpr std::size_t kGatheredSize = kMaxFrameSize / 16;
// The interval at which a file that cannot be made is tried again.
constexpr std::int64_t kRetryMs = 100;
// Room of the last file that is not given to new units while the next one cannot be made: for what was admitted before,
// and for the padding of frames.
constexpr std::uint64_t kRoomInReserve = kLogFileSize / 8;

}  // namespace

Log::Log(const io::Environment& environment, Statistics& statistics, LedgerCharge queue_charge)
    : environment_(environment), statistics_(statistics), files_(environment), queue_charge_(std::move(queue_charge)) {}

Log::~Log() = default;

io::Task<Result<void>> Log::start(std::uint64_t store_id, const LogMark& tail, std::uint64_t durable_sequence,
                                  const std::vector<std::uint64_t>& files_in_use) {
  store_id_ = store_id;
  next_sequence_ = tail.sequence;
  chain_ = tail.chain;
  end_position_ = unit_end_ = tail.position;
  written_ = durable_ = {.position = 0, .sequence = durable_sequence, .unit_end = 0};
  for (const std::uint64_t serial : files_in_use) files_in_use_.push_back({serial, io::kNoFile});
  filling_ = new_frame();
  co_return co_await open_next_file();
}

io::Task<Result<void>> Log::write_recovered(const FrameView& found) {
  FramePointer frame = new_frame();
  frame->header = found.header;
  frame->buffer.resize(frame_size(found.payload.size()));
  std::memcpy(frame->buffer.data() + kFrameHeaderSize, found.payload.data(), found.payload.size());
  if (write_offset_ + frame->buffer.size() > kLogFileSize) {
    Result<void> left = co_await sync_recovered();
    if (left.ok()) left = co_await open_next_file();
    if (!left.ok()) co_return left;
  }
  place(*frame);
  const std::uint64_t size = frame->buffer.size();
  const std::int32_t written = co_await environment_.disk.write(frame->file.file, frame->offset, frame->buffer.span());
  co_return check_full("write", FilePath::log(frame->file.serial), frame->offset, written, size);
}

// Includes frames behind the tail that were cut off: the next frame's chain depends on them.
io::Task<Result<void>> Log::sync_recovered() {
  const LogFile last = files_in_use_.back();
  const std::int32_t synced = co_await environment_.disk.sync(last.file);
  co_return check_done("sync", FilePath::log(last.serial), synced);
}

io::Task<Result<void>> Log::finish_recovery() {
  if (write_offset_ > 0) {
    Result<void> synced = co_await sync_recovered();
    if (!synced.ok()) co_return synced;
  }
  written_ = durable_ = {.position = end_position_, .sequence = next_sequence_, .unit_end = unit_end_};
  co_return Result<void>();
}

io::Task<Result<void>> Log::close() {
  Result<void> durable = co_await make_durable(end_position_);
  co_await abandon();
  co_return durable;
}

io::Task<void> Log::abandon() {
  closing_ = true;
  while (switching_) co_await position_changed_.wait();
  while (!tasks_.idle()) co_await tasks_.wait();
  co_await files_.close();
  for (std::size_t i = 0; i < files_in_use_.size(); ++i) {
    if (files_in_use_[i].file != io::kNoFile) co_await environment_.disk.close(files_in_use_[i].file);
  }
  files_in_use_.clear();
}

Log::FramePointer Log::new_frame() {
  FramePointer frame;
  if (idle_.empty()) {
    frame = std::make_unique<Frame>();
    frame->buffer.reserve(kMaxFrameSize);
  } else {
    frame = std::move(idle_.back());
    idle_.pop_back();
    idle_least_ = std::min(idle_least_, idle_.size());
  }
  frame->buffer.resize(kFrameHeaderSize);
  frame->header = FrameHeader{};
  frame->state = Frame::State::kQueued;
  frame->synced = false;
  return frame;
}

std::uint64_t Log::append(std::span<const std::string_view> parts) {
  TERRACE_CHECK(unit_ != Unit::kLogged);
  add(parts);
  unit_end_ = end_position_;
  return end_position_;
}

void Log::begin_unit() {
  TERRACE_CHECK(!unit_open());
  unit_ = Unit::kOpen;
}

void Log::append_piece(std::span<const std::string_view> parts) {
  TERRACE_CHECK(unit_open());
  unit_ = Unit::kLogged;
  add(parts);
  // Defect: the pieces of the unit count as a whole unit.
  if (mutant(Mutant::kSplitUnit)) unit_end_ = end_position_;
}

std::uint64_t Log::end_unit(std::span<const std::string_view> parts) {
  TERRACE_CHECK(unit_open());
  const std::uint64_t before = end_position_;
  if (!parts.empty()) add(parts);
  // The frame that has a unit's last byte notes the unit's end.
  TERRACE_CHECK(unit_ == Unit::kOpen || end_position_ > before);
  unit_ = Unit::kNone;
  const std::uint64_t end = unit_end_ = end_position_;
  unit_ended_.notify();
  return end;
}

io::Task<Result<void>> Log::wait_for_room() {
  while (congested() && !failure_) {
    if (stall_) co_return Result<void>();
    write_gathered();  // this turn may not end soon
    co_await position_changed_.wait();
  }
  if (failure_) co_return *failure_;
  co_return Result<void>();
}

void Log::add(std::span<const std::string_view> parts) {
  ++statistics_.log_entries;
  for (std::string_view part : parts) {
    while (!part.empty()) {
      AlignedBuffer& buffer = filling_->buffer;
      const std::size_t used = buffer.size();
      const std::size_t room = kMaxFrameSize - used;
      if (room == 0) {
        enqueue_filling();
        continue;
      }
      const std::string_view piece = part.substr(0, room);
      buffer.resize(used + piece.size());
      std::memcpy(buffer.data() + used, piece.data(), piece.size());
      end_position_ += piece.size();
      part.remove_prefix(piece.size());
    }
  }
}

void Log::enqueue_filling() {
  const std::size_t payload = filling_->buffer.size() - kFrameHeaderSize;
  if (payload == 0) return;
  const io::Activity activity("aof-write");
  FrameHeader& header = filling_->header;
  header.store_id = store_id_;
  header.sequence = next_sequence_++;
  header.first_position = end_position_ - payload;
  filling_->unit_end = unit_end_;
  header.previous_chain = chain_;
  header.payload_size = static_cast<std::uint32_t>(payload);
  header.payload_checksum = payload_checksum(filling_->buffer.span().subspan(kFrameHeaderSize));
  chain_ = header.chain();
  filling_->buffer.resize(frame_size(payload));
  queue_.push_back(std::move(filling_));
  queue_charge_.resize(queue_.size() * kMaxFrameSize);
  filling_ = new_frame();
}

void Log::commit() {
  // No reply waits for a frame that is not synced: it may grow until write_gathered(). To write one every turn costs a
  // single client's SET a fifth of its CPU.
  if (policy_ != FsyncPolicy::kAlways && filling_->buffer.size() < kGatheredSize) return pump();
  write_gathered();
}

void Log::write_gathered() {
  if (files_in_use_.empty()) return;  // not started yet
  // While the most frames are in flight, appended bytes gather, and the next frame becomes larger.
  if (queue_.empty() && in_flight_.size() < kMaxFramesInFlight) enqueue_filling();
  pump();
}

void Log::release_idle() {
  free_at_once([this] { idle_.resize(idle_.size() - idle_least_); });
  idle_least_ = idle_.size();
}

void Log::pump() {
  while (!queue_.empty() && in_flight_.size() < kMaxFramesInFlight && !broken_ && !switching_ && !failure_) {
    if (write_offset_ + queue_.front()->buffer.size() > kLogFileSize) {
      switching_ = true;
      io::spawn(switch_file());
      return;
    }
    in_flight_.push_back(std::move(queue_.front()));
    queue_.pop_front();
    queue_charge_.resize(queue_.size() * kMaxFrameSize);
    Frame& frame = *in_flight_.back();
    place(frame);
    io::spawn(write_in_turn(frame));
  }
}

void Log::place(Frame& frame) {
  frame.file = files_in_use_.back();
  frame.offset = write_offset_;
  write_offset_ += frame.buffer.size();
  frame.header.file_serial = frame.file.serial;
  frame.header.durable_sequence = durable_.sequence;
  frame.state = Frame::State::kWriting;
  seal_frame(frame.buffer.span(), frame.header);
}

io::Task<Result<void>> Log::write(Frame& frame) {
  const FilePath path = FilePath::log(frame.file.serial);
  const std::uint64_t size = frame.buffer.size();
  frame.synced = policy_ == FsyncPolicy::kAlways;
  if (!frame.synced || mutant(Mutant::kSkipSync) || mutant(Mutant::kAckOnWrite)) {
    const std::int32_t written = co_await environment_.disk.write(frame.file.file, frame.offset, frame.buffer.span());
    co_return check_full("write", path, frame.offset, written, size);
  }
  const io::Disk::WriteSyncResult result =
      co_await environment_.disk.write_sync(frame.file.file, frame.offset, frame.buffer.span());
  Result<void> full = check_full("write", path, frame.offset, result.written, size);
  if (full.ok() && result.synced == 0) co_return Result<void>();
  // Whichever half failed: what the sync should have covered may be lost, and a later sync of the file would not fail.
  sync_failed_ = true;
  ++statistics_.log_sync_failures;
  if (!full.ok()) co_return full;
  co_return disk_error("sync", path, result.synced);
}

io::Task<void> Log::write_in_turn(Frame& frame) {
  const io::Gate::Holder holder = tasks_.hold();
  ++writing_;
  Result<void> result = co_await write(frame);
  --writing_;
  if (!result.ok()) {
    broken_ = true;
    if (disk_rule(DiskUse::kLogFrame, result.error().code) != DiskRule::kElsewhere) fail(result.error());
  }
  // What completes after a failure in the same file counts as failed: its sync proves nothing.
  frame.state = broken_ ? Frame::State::kFailed : Frame::State::kDone;
  statistics_.log_frames += 1;
  statistics_.log_written_bytes += frame.buffer.size();
  if (!broken_ && mutant(Mutant::kAckOnWrite)) {
    const LogFile file = frame.file;
    completed();
    co_await environment_.disk.sync(file.file);
    co_return;
  }
  completed();
}

void Log::completed() {
  acknowledge();
  if (switching_) position_changed_.notify();  // switch_file() waits for the last write
  if (broken_ && writing_ == 0 && !switching_ && !failure_) {
    switching_ = true;
    io::spawn(write_again());
    return;
  }
  // The coroutines that acknowledge() resumed may have appended. A full frame does not wait for the turn's end.
  commit();
}

void Log::acknowledge() {
  const std::uint64_t written_before = written_.sequence;
  const std::uint64_t durable_before = durable_.sequence;
  while (!in_flight_.empty() && in_flight_.front()->state == Frame::State::kDone) {
    FramePointer frame = std::move(in_flight_.front());
    in_flight_.pop_front();
    written_ = {
        .position = frame->header.end_position(), .sequence = frame->header.sequence + 1, .unit_end = frame->unit_end};
    // A frame's own sync does not cover the frames before it that were written without one.
    if (frame->synced && durable_.sequence == frame->header.sequence) durable_ = written_;
    statistics_.log_payload_bytes += frame->header.payload_size;
    if (idle_.size() < kIdleFrames) idle_.push_back(std::move(frame));
  }
  close_left_files();
  if (written_.sequence != written_before || durable_.sequence != durable_before) position_changed_.notify();
}

// Everything in them was durable, or is in a later file, before the log left them.
void Log::close_left_files() {
  if (syncing_ || mutant(Mutant::kAckOnWrite)) return;  // the mutant syncs files that were left
  const std::uint64_t first_used = in_flight_.empty() ? files_in_use_.back().serial : in_flight_.front()->file.serial;
  for (std::size_t i = files_in_use_.size() - 1; i-- > 0;) {
    LogFile& left = files_in_use_[i];
    if (left.file == io::kNoFile || left.serial >= first_used) break;
    io::spawn(close_beside(std::exchange(left.file, io::kNoFile)));
  }
}

io::Task<void> Log::close_beside(io::FileHandle file) {
  const io::Gate::Holder holder = tasks_.hold();
  co_await environment_.disk.close(file);
}

io::Task<Result<void>> Log::open_next_file() {
  Result<LogFile> next = co_await files_.next();
  if (!next.ok()) co_return next.error();
  files_in_use_.push_back(*next);
  write_offset_ = 0;
  sync_failed_ = false;
  co_return Result<void>();
}

// Nothing is lost while the file cannot be made: frames wait in memory, and commands are refused. Gives up when the log
// closes.
io::Task<Result<void>> Log::open_when_possible() {
  Result<void> opened = co_await open_next_file();
  while (!opened.ok() && !closing_ && disk_rule(DiskUse::kLogFile, opened.error().code) == DiskRule::kRetry) {
    stall_ = opened.error();
    position_changed_.notify();
    co_await environment_.clock.sleep_ms(kRetryMs);
    opened = co_await open_next_file();
  }
  stall_.reset();
  co_return opened;
}

const Error* Log::obstacle(std::uint64_t bytes) const {
  if (failure_) return &*failure_;
  if (stall_) return &*stall_;
  if (!files_.obstacle() || files_in_use_.empty()) return nullptr;
  const std::uint64_t gathered = queue_.size() * kMaxFrameSize + filling_->buffer.size();
  const bool fits = write_offset_ + gathered + bytes + kRoomInReserve <= kLogFileSize;
  return fits ? nullptr : &*files_.obstacle();
}

// Later syncs are of another file, so this file must be durable first.
io::Task<void> Log::sync_before_leaving() {
  while (durable_.sequence < written_.sequence && !failure_) {
    if (syncing_) {
      co_await position_changed_.wait();
    } else {
      co_await sync_written();
    }
  }
}

// The file is full: continues in the next one.
io::Task<void> Log::switch_file() {
  const io::Gate::Holder holder = tasks_.hold();
  const auto plain = [](const FramePointer& frame) { return !frame->synced; };
  if (durable_.sequence < written_.sequence || std::any_of(in_flight_.begin(), in_flight_.end(), plain)) {
    while (writing_ > 0) co_await position_changed_.wait();
    co_await sync_before_leaving();
  }
  Result<void> opened = co_await open_when_possible();
  switching_ = false;
  if (!opened.ok()) {
    fail(opened.error());
    co_return;
  }
  if (broken_ && writing_ == 0) {
    switching_ = true;
    co_await write_again();
    co_return;
  }
  pump();
  position_changed_.notify();
}

// A frame failed and none is being written: all frames that are not acknowledged are written to a fresh file, in order.
io::Task<void> Log::write_again() {
  const io::Gate::Holder holder = tasks_.hold();
  co_await sync_before_leaving();
  if (failure_) {
    switching_ = false;
    position_changed_.notify();
    co_return;
  }
  Result<void> result = co_await open_when_possible();
  for (std::size_t i = 0; i < in_flight_.size() && result.ok(); ++i) {
    Frame& frame = *in_flight_[i];
    place(frame);
    result = co_await write(frame);
    frame.state = result.ok() ? Frame::State::kDone : Frame::State::kFailed;
  }
  switching_ = false;
  if (!result.ok()) {
    fail(result.error());
    co_return;
  }
  broken_ = false;
  acknowledge();
  commit();
  position_changed_.notify();
}

void Log::fail(const Error& error) {
  if (!failure_) failure_ = Error{ErrorCode::kIo, error.message};
  position_changed_.notify();
}

LogMark Log::mark() {
  TERRACE_CHECK(!unit_open() || mutant(Mutant::kMarkInsideUnit));
  enqueue_filling();
  ++marks_;
  return {end_position_, next_sequence_, chain_, files_in_use_.back().serial, write_offset_};
}

io::Task<Result<void>> Log::truncate(const LogMark& mark) {
  // The files between this checkpoint and the next will be about as many as since the last one.
  files_.expect(
      static_cast<std::size_t>(std::count_if(files_in_use_.begin(), files_in_use_.end(),
                                             [&mark](const LogFile& file) { return file.serial < mark.file_serial; })));
  while (files_in_use_.size() > 1 && files_in_use_.front().serial < mark.file_serial) {
    const LogFile old = files_in_use_.front();
    files_in_use_.pop_front();
    if (old.file != io::kNoFile) co_await environment_.disk.close(old.file);
    Result<void> retired = co_await files_.retire(old.serial);
    if (!retired.ok()) co_return retired;
  }
  co_return Result<void>();
}

// After a failed sync, a further one would succeed, and prove nothing about what was written before.
void Log::fail_unsynced() {
  fail({ErrorCode::kIo,
        FilePath::log(files_in_use_.back().serial).text() + ": a sync failed while older frames were not yet durable"});
}

io::Task<void> Log::sync_written() {
  if (failure_ || syncing_ || durable_.sequence >= written_.sequence || files_in_use_.empty()) co_return;
  if (sync_failed_) co_return fail_unsynced();
  const io::Gate::Holder holder = tasks_.hold();
  syncing_ = true;
  const LogReach reach = written_;
  const LogFile file = files_in_use_.back();
  const std::int32_t synced = co_await environment_.disk.sync(file.file);
  syncing_ = false;
  if (synced < 0) {
    ++statistics_.log_sync_failures;
    // What was written since the last good sync is no longer in memory, so it cannot be written again.
    const Error error = disk_error("sync", FilePath::log(file.serial), synced);
    if (disk_rule(DiskUse::kLogSync, error.code) == DiskRule::kFinal) fail(error);
    co_return;
  }
  // The kernel reports a file's error only once: a frame's own sync may have received it.
  if (sync_failed_) co_return fail_unsynced();
  if (durable_.sequence < reach.sequence) durable_ = reach;
  position_changed_.notify();
}

io::Task<Result<void>> Log::make_durable(std::uint64_t position) {
  while (durable_.position < position && !failure_) {
    // Waiting here would block the parts that can free space; what is queued is written when there is some.
    if (stall_) co_return Error{stall_->code, "the log's next file cannot be made: " + stall_->message};
    enqueue_filling();
    pump();
    if (written_.position >= position && !syncing_) {
      co_await sync_written();
    } else {
      co_await position_changed_.wait();
    }
  }
  if (failure_) co_return *failure_;
  co_return Result<void>();
}

}  // namespace terrace::storage
