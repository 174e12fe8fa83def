#include "storage/log/log_reader.h"

#include <algorithm>

#include "storage/base/disk_error.h"
#include "storage/base/mutant.h"

namespace terrace::storage {

namespace {

constexpr std::uint64_t kWindowSize = 2 * kMaxFrameSize;

std::string place_of(std::uint64_t serial, std::uint64_t offset) {
  return FilePath::log(serial).text() + " at offset " + std::to_string(offset);
}

Error changed(std::uint64_t serial, std::uint64_t offset) {
  return {ErrorCode::kIo, place_of(serial, offset) + ": a log frame that was good a moment ago no longer is"};
}

}  // namespace

io::Task<Result<void>> LogReader::open(std::uint64_t serial, Source& source) {
  const std::string path = FilePath::log(serial).text();
  Result<std::uint64_t> size = environment_.disk.file_size(path);
  if (!size.ok()) co_return size.error();
  const std::int32_t file = co_await environment_.disk.open(path.c_str(), io::OpenMode::kWrite);
  if (file < 0) co_return disk_error("open", path, file);
  source.serial = serial;
  source.file = file;
  source.size = *size / kPageSize * kPageSize;
  source.window.resize(0);
  // What is read from here on must be what a power cut would leave.
  const std::int32_t synced = co_await environment_.disk.sync(file);
  co_return check_done("sync", path, synced);
}

io::Task<void> LogReader::close(Source& source) {
  if (source.file != io::kNoFile) co_await environment_.disk.close(source.file);
  source.file = io::kNoFile;
}

io::Task<Result<std::span<const std::byte>>> LogReader::view(Source& source, std::uint64_t offset,
                                                             std::uint64_t wanted) {
  const std::uint64_t end = std::min(source.size, offset + wanted);
  if (offset >= end) co_return std::span<const std::byte>();
  if (offset < source.window_offset || end > source.window_offset + source.window.size()) {
    source.window_offset = offset;
    source.window.resize(std::min(source.size - offset, kWindowSize));
    const std::uint64_t size = source.window.size();
    const std::int32_t read = co_await environment_.disk.read(source.file, offset, source.window.span());
    Result<void> full = check_full("read", FilePath::log(source.serial), offset, read, size);
    if (!full.ok()) {
      source.window.resize(0);
      co_return full.error();
    }
  }
  co_return std::span<const std::byte>(source.window.span().subspan(offset - source.window_offset));
}

io::Task<Result<std::optional<FrameView>>> LogReader::frame_at(Source& source, std::uint64_t offset) {
  Result<std::span<const std::byte>> bytes = co_await view(source, offset, kPageSize);
  if (!bytes.ok()) co_return bytes.error();
  const std::uint64_t size = claimed_frame_size(*bytes);
  if (size == 0) co_return std::optional<FrameView>();
  bytes = co_await view(source, offset, size);
  if (!bytes.ok()) co_return bytes.error();
  if (const auto version = foreign_frame_version(*bytes)) {
    co_return Error{ErrorCode::kUnsupported,
                    place_of(source.serial, offset) + ": log frame of version " + std::to_string(*version)};
  }
  std::optional<FrameView> frame = parse_frame(*bytes);
  // Frames from the file's life before it was recycled, or of another store, are ignored.
  if (frame && (frame->header.store_id != store_id_ || frame->header.file_serial != source.serial)) frame.reset();
  co_return frame;
}

io::Task<Result<FrameView>> LogReader::known_frame_at(Source& source, std::uint64_t offset) {
  Result<std::optional<FrameView>> frame = co_await frame_at(source, offset);
  if (!frame.ok()) co_return frame.error();
  if (frame->has_value()) co_return **frame;
  co_return changed(source.serial, offset);
}

// A frame may begin before the end of the previous one only to cut off an unfinished unit.
bool LogReader::follows(const FrameHeader& header) const {
  return header.sequence == tail_.sequence && header.previous_chain == tail_.chain &&
         (header.first_position == tail_.position || header.first_position == unit_position_);
}

io::Task<Result<void>> LogReader::replay(const std::vector<std::uint64_t>& serials, LogApplier& applier) {
  auto next = std::lower_bound(serials.begin(), serials.end(), tail_.file_serial);
  if (tail_.file_serial != 0 && (next == serials.end() || *next != tail_.file_serial)) {
    co_return Error{ErrorCode::kCorrupt,
                    FilePath::log(tail_.file_serial).text() + ": missing, but the checkpoint goes on there"};
  }
  scanner_ = applier.make_scanner();
  Source source;
  std::uint64_t offset = tail_.file_offset;
  std::uint64_t end_offset = 0;
  std::vector<std::uint64_t> unread;  // files behind the last frame
  Result<void> result;
  for (; next != serials.end() && result.ok(); ++next) {
    co_await close(source);
    result = co_await open(*next, source);
    if (!result.ok()) break;
    const bool first = *next == tail_.file_serial;
    if (!first) {
      Result<std::optional<std::uint64_t>> found = co_await continuation(source);
      if (!found.ok()) {
        result = found.error();
        break;
      }
      if (!found->has_value()) {
        unread.push_back(*next);
        continue;
      }
      offset = **found;
    }
    unread.clear();
    result = co_await replay_file(source, offset, applier);
    last_serial_ = *next;
    end_offset = offset;
  }
  co_await close(source);
  if (!result.ok()) co_return result;
  if (last_serial_ != 0) unread.insert(unread.begin(), last_serial_);
  Source end;
  end.serial = last_serial_ != 0 ? last_serial_ : tail_.file_serial;
  for (const std::uint64_t serial : unread) {
    result = co_await open(serial, source);
    if (result.ok()) {
      const bool last_read = serial == last_serial_;
      result = co_await judge_end(source, last_read ? end_offset : 0, last_read, end, end_offset);
    }
    co_await close(source);
    if (!result.ok()) co_return result;
  }
  // Defect: the pieces of the unfinished unit are applied.
  if (mutant(Mutant::kReplayHalfUnit)) co_return co_await apply_until(tail_.position, {}, applier);
  unfinished_bytes_ = tail_.position - unit_position_;
  tail_.position = unit_position_;
  kept_ = {};
  co_return Result<void>();
}

io::Task<Result<std::optional<std::uint64_t>>> LogReader::continuation(Source& source) {
  std::uint64_t offset = 0;
  while (true) {
    Result<std::optional<FrameView>> frame = co_await frame_at(source, offset);
    if (!frame.ok()) co_return frame.error();
    if (!frame->has_value() || (*frame)->header.sequence > tail_.sequence) co_return std::optional<std::uint64_t>();
    if (follows((*frame)->header)) co_return std::optional<std::uint64_t>(offset);
    offset += frame_size((*frame)->header.payload_size);
  }
}

io::Task<Result<void>> LogReader::replay_file(Source& source, std::uint64_t& offset, LogApplier& applier) {
  while (true) {
    Result<std::optional<FrameView>> frame = co_await frame_at(source, offset);
    if (!frame.ok()) co_return frame.error();
    if (!frame->has_value()) co_return Result<void>();
    const FrameView& found = **frame;
    if (found.header.sequence >= tail_.sequence) {
      if (!follows(found.header)) co_return Result<void>();
      const Extent place{source.serial, offset, offset + frame_size(found.header.payload_size)};
      Result<void> accepted = co_await accept(found, place, applier);
      if (!accepted.ok()) {
        co_return Error{accepted.error().code, "replay of the log, frame " + std::to_string(tail_.sequence - 1) + ": " +
                                                   accepted.error().message};
      }
    }
    offset += frame_size(found.header.payload_size);
  }
}

void LogReader::note_unproven(const FrameHeader& header, const Extent& place) {
  durable_sequence_ = std::max(durable_sequence_, header.durable_sequence);
  while (!unproven_.empty() && unproven_.front().sequence < durable_sequence_) unproven_.pop_front();
  unproven_.push_back({place.serial, place.begin, header.sequence});
}

io::Task<Result<void>> LogReader::secure_tail(Log& log) {
  Source source;
  Result<void> result;
  for (const FramePlace& place : unproven_) {
    if (source.serial != place.serial) {
      co_await close(source);
      result = co_await open(place.serial, source);
      if (!result.ok()) break;
    }
    Result<FrameView> frame = co_await known_frame_at(source, place.offset);
    if (!frame.ok()) {
      result = frame.error();
      break;
    }
    result = co_await log.write_recovered(*frame);
    if (!result.ok()) break;
  }
  co_await close(source);
  if (result.ok()) result = co_await log.finish_recovery();
  co_return result;
}

io::Task<Result<void>> LogReader::accept(const FrameView& frame, const Extent& place, LogApplier& applier) {
  const FrameHeader& header = frame.header;
  if (header.first_position < tail_.position) drop_unfinished(applier);
  note_unproven(header, place);
  note_place(place);
  tail_.position = header.end_position();
  tail_.sequence = header.sequence + 1;
  tail_.chain = header.chain();
  replayed_bytes_ += frame.payload.size();
  const Result<std::uint64_t> ended = scanner_->scan(frame.payload);
  if (!ended.ok()) co_return ended.error();
  TERRACE_CHECK(*ended <= frame.payload.size());
  if (*ended > 0) {
    const std::uint64_t end_position = header.first_position + *ended;
    Result<void> applied = co_await apply_until(end_position, frame.payload.first(*ended), applier);
    if (!applied.ok()) co_return applied;
    unit_position_ = end_position;
    extents_.assign(1, place);
  }
  keep(frame.payload.subspan(*ended));
  co_return Result<void>();
}

// An earlier start found the unit unfinished, and the log continues where it had begun.
void LogReader::drop_unfinished(LogApplier& applier) {
  tail_.position = unit_position_;
  kept_.clear();
  scanner_ = applier.make_scanner();
}

void LogReader::note_place(const Extent& place) {
  if (unit_position_ == tail_.position) extents_.clear();
  if (!extents_.empty() && extents_.back().serial == place.serial && extents_.back().end == place.begin) {
    extents_.back().end = place.end;
  } else {
    extents_.push_back(place);
  }
}

void LogReader::keep(std::span<const std::byte> bytes) {
  const std::uint64_t unfinished = tail_.position - unit_position_;
  if (unfinished > kReplayWindow) {
    kept_.clear();
  } else {
    kept_.reserve(kReplayWindow);
    kept_.insert(kept_.end(), bytes.begin(), bytes.end());
    TERRACE_CHECK(kept_.size() == unfinished);
  }
}

// Applies the unfinished unit's bytes up to a position; `rest` has those of the last frame.
io::Task<Result<void>> LogReader::apply_until(std::uint64_t end_position, std::span<const std::byte> rest,
                                              LogApplier& applier) {
  const bool all_kept = kept_.size() + rest.size() == end_position - unit_position_;
  return all_kept ? apply_kept(rest, applier) : apply_from_files(end_position, applier);
}

io::Task<Result<void>> LogReader::apply_kept(std::span<const std::byte> rest, LogApplier& applier) {
  Result<void> applied;
  if (!kept_.empty()) applied = co_await applier.apply(kept_);
  kept_.clear();
  if (applied.ok()) applied = co_await applier.apply(rest);
  co_return applied;
}

io::Task<Result<void>> LogReader::apply_from_files(std::uint64_t end_position, LogApplier& applier) {
  Source source;
  Result<void> result;
  std::uint64_t position = unit_position_;
  for (const Extent& extent : extents_) {
    result = co_await open(extent.serial, source);
    if (result.ok()) result = co_await apply_extent(source, extent, position, end_position, applier);
    co_await close(source);
    if (!result.ok()) break;
  }
  co_return result;
}

io::Task<Result<void>> LogReader::apply_extent(Source& source, const Extent& extent, std::uint64_t& position,
                                               std::uint64_t end_position, LogApplier& applier) {
  for (std::uint64_t offset = extent.begin; offset < extent.end;) {
    Result<FrameView> frame = co_await known_frame_at(source, offset);
    if (!frame.ok()) co_return frame.error();
    const FrameHeader& header = frame->header;
    const std::uint64_t end = std::min(end_position, header.end_position());
    if (header.first_position > position || end < position) co_return changed(source.serial, offset);
    Result<void> applied =
        co_await applier.apply(frame->payload.subspan(position - header.first_position, end - position));
    if (!applied.ok()) co_return applied;
    position = end;
    offset += frame_size(header.payload_size);
  }
  co_return Result<void>();
}

// Searches what lies behind the last good frame, also in later files, for a frame that proves it should not have been
// the last.
io::Task<Result<void>> LogReader::judge_end(Source& source, std::uint64_t offset, bool first, const Source& end,
                                            std::uint64_t end_offset) {
  const std::uint64_t begin = offset;
  while (offset < source.size) {
    Result<std::optional<FrameView>> frame = co_await frame_at(source, offset);
    if (!frame.ok()) co_return frame.error();
    if (!frame->has_value()) {
      Result<std::span<const std::byte>> bytes = co_await view(source, offset, kPageSize);
      if (first && offset == begin && bytes.ok() && claimed_frame_size(*bytes) > 0 &&
          claimed_file_serial(*bytes) == source.serial) {
        torn_bytes_ += claimed_frame_size(*bytes);
        torn_place_ = place_of(source.serial, offset);
      }
      offset += kPageSize;
      continue;
    }
    const FrameHeader& header = (*frame)->header;
    if (header.sequence >= tail_.sequence) {
      if (header.durable_sequence > tail_.sequence && !mutant(Mutant::kCutAnyBadFrame)) {
        co_return Error{ErrorCode::kCorrupt,
                        place_of(end.serial, end_offset) + ": bad log frame (sequence " +
                            std::to_string(tail_.sequence) + "); the frame in " + place_of(source.serial, offset) +
                            " proves that it was durable, so this is damage, not a torn write. Restore the file from "
                            "a copy; nothing was changed"};
      }
      torn_bytes_ += frame_size(header.payload_size);
      if (torn_place_.empty()) torn_place_ = place_of(source.serial, offset);
    }
    offset += frame_size(header.payload_size);
  }
  co_return Result<void>();
}

}  // namespace terrace::storage
