// LogFixture: a log on a MemoryDisk, of commands that only these tests know: what was written, cut and damaged is opened
// again as the engine opens it.
//
//   command   | kind u8 | size u32 | number u64 | filler |       size: of number and filler
//             kind: '.' in or outside a unit of several, '(' begins one, ')' ends it
// Ownership: owns disk and log. Thread: one.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/log/log.h"
#include "storage/log/log_reader.h"
#include "tests/fuzz/memory_disk.h"

namespace terrace::storage {

inline constexpr std::size_t kCommandHeadSize = 5;

inline std::string command(std::uint64_t number, std::size_t size = 8, char kind = '.') {
  const auto content_size = static_cast<std::uint32_t>(size);
  std::string text(kCommandHeadSize + size, static_cast<char>(1 + number % 255));
  text[0] = kind;
  std::memcpy(text.data() + 1, &content_size, sizeof content_size);
  std::memcpy(text.data() + kCommandHeadSize, &number, sizeof number);
  return text;
}

class CommandScanner final : public UnitScanner {
 public:
  explicit CommandScanner(std::uint64_t& scanned_bytes) : scanned_bytes_(scanned_bytes) {}

  Result<std::uint64_t> scan(std::span<const std::byte> bytes) override {
    scanned_bytes_ += bytes.size();
    std::uint64_t ended = 0;
    for (std::size_t at = 0; at < bytes.size();) {
      if (head_.size() < kCommandHeadSize) {
        head_ += static_cast<char>(bytes[at++]);
        if (head_.size() < kCommandHeadSize) continue;
        if (head_[0] != '.' && (head_[0] == '(') == open_) return Error{ErrorCode::kCorrupt, "no command"};
        std::uint32_t size = 0;
        std::memcpy(&size, head_.data() + 1, sizeof size);
        left_ = size;
      }
      const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size() - at);
      at += taken;
      left_ -= taken;
      if (left_ > 0) continue;
      if (head_[0] != '.') open_ = head_[0] == '(';
      head_.clear();
      if (!open_) ended = at;
    }
    return ended;
  }

 private:
  std::uint64_t& scanned_bytes_;
  std::string head_;
  std::uint64_t left_ = 0;
  bool open_ = false;
};

class CommandApplier final : public LogApplier {
 public:
  std::unique_ptr<UnitScanner> make_scanner() override { return std::make_unique<CommandScanner>(scanned_bytes); }

  io::Task<Result<void>> apply(std::span<const std::byte> bytes) override {
    largest_call = std::max<std::uint64_t>(largest_call, bytes.size());
    pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t applied = 0;
    while (pending_.size() - applied >= kCommandHeadSize) {
      std::uint32_t size = 0;
      std::memcpy(&size, pending_.data() + applied + 1, sizeof size);
      if (pending_.size() - applied < kCommandHeadSize + size) break;
      std::uint64_t number = 0;
      std::memcpy(&number, pending_.data() + applied + kCommandHeadSize, sizeof number);
      numbers.push_back(number);
      const char kind = pending_[applied];
      if (kind != '.') open = kind == '(';
      applied += kCommandHeadSize + size;
    }
    pending_.erase(0, applied);
    co_return Result<void>();
  }
  // Nothing is left of a unit of which some was applied.
  bool between_units() const { return pending_.empty() && !open; }

  std::vector<std::uint64_t> numbers;  // of the commands applied, in order
  std::uint64_t scanned_bytes = 0;
  std::uint64_t largest_call = 0;
  bool open = false;

 private:
  std::string pending_;
};

// What a disk holds of the log, by path.
using LogContent = std::map<std::string, std::string>;

class LogFixture {
 public:
  explicit LogFixture(const LogContent& content = {}, FsyncPolicy policy = FsyncPolicy::kAlways) : policy_(policy) {
    for (const auto& [path, bytes] : content) disk().file(path) = bytes;
  }
  ~LogFixture() {
    if (log_) run(log_->close());
    EXPECT_EQ(disk().handles_open(), 0u);
  }
  LogFixture(const LogFixture&) = delete;
  LogFixture& operator=(const LogFixture&) = delete;

  fuzz::MemoryDisk& disk() { return environment_.disk(); }
  Log& log() { return *log_; }
  const CommandApplier& applier() const { return applier_; }
  // Valid after open().
  const LogReader& reader() const { return *reader_; }

  Result<void> replay() {
    reader_ = std::make_unique<LogReader>(environment_, kStore, LogMark{});
    return disk().run(reader_->replay(serials(), applier_));
  }
  // Reads the log and, if it may be continued, begins to.
  Result<void> open() {
    Result<void> replayed = replay();
    if (!replayed.ok()) return replayed;
    log_ = std::make_unique<Log>(environment_, statistics_);
    log_->set_policy(policy_);
    log_->files().set_filling(false);
    if (!serials().empty()) log_->files().set_next_serial(serials().back() + 1);
    run(log_->start(kStore, reader_->tail(), reader_->durable_sequence(), serials()));
    run(reader_->secure_tail(*log_));
    return replayed;
  }

  void append(const std::string& text) {
    const std::string_view parts[] = {text};
    log_->append(parts);
  }
  void append_piece(const std::string& text) {
    const std::string_view parts[] = {text};
    log_->append_piece(parts);
  }
  std::uint64_t end_unit(const std::string& text) {
    const std::string_view parts[] = {text};
    return log_->end_unit(parts);
  }
  // All that was appended, as a frame at least, synced.
  void sync() { run(log_->make_durable(log_->end_position())); }
  void wait_for_room() { run(log_->wait_for_room()); }

  // The files without the zeros behind their last frames.
  LogContent content() {
    LogContent content;
    const std::vector<std::string> names = disk().list("log").value();
    for (const std::string& name : names) {
      const std::string& file = disk().file("log/" + name);
      const std::size_t used = file.find_last_not_of('\0') + 1;
      content["log/" + name] = file.substr(0, (used + kPageSize - 1) / kPageSize * kPageSize);
    }
    return content;
  }

  void run(io::Task<Result<void>> task) {
    const Result<void> result = disk().run(std::move(task));
    EXPECT_TRUE(result.ok()) << result.error().message;
  }

  static constexpr std::uint64_t kStore = 7;

 private:
  std::vector<std::uint64_t> serials() { return std::move(LogFiles(environment_).list()).value(); }

  fuzz::MemoryEnvironment environment_;
  FsyncPolicy policy_;
  Statistics statistics_;
  CommandApplier applier_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogReader> reader_;
};

struct FrameInFile {
  std::string path;
  std::uint64_t offset;
  std::uint64_t size;
  FrameHeader header;
};

// The frames of all files, in the order of their places.
inline std::vector<FrameInFile> frames_of(const LogContent& content) {
  std::vector<FrameInFile> frames;
  for (const auto& [path, bytes] : content) {
    const auto all = std::as_bytes(std::span(bytes));
    for (std::uint64_t offset = 0; offset < bytes.size();) {
      const auto frame = parse_frame(all.subspan(offset));
      if (!frame) break;
      frames.push_back({path, offset, frame_size(frame->payload.size()), frame->header});
      offset += frames.back().size;
    }
  }
  return frames;
}

// As if of frame `index` only the first `kept` bytes had come to the disk, and of those behind it nothing.
inline void cut_at(LogContent& content, const std::vector<FrameInFile>& frames, std::size_t index,
                   std::uint64_t kept = 0) {
  for (std::size_t i = index; i < frames.size(); ++i) {
    const std::uint64_t stays = i == index ? kept : 0;
    std::string& file = content[frames[i].path];
    std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(frames[i].offset + stays), frames[i].size - stays, '\0');
  }
}

}  // namespace terrace::storage
