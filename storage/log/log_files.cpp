#include "storage/log/log_files.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "io/activity.h"
#include "storage/base/aligned_buffer.h"
#include "storage/base/disk_error.h"
#include "storage/base/limits.h"

namespace terrace::storage {

namespace {

constexpr std::size_t kMaxSpares = kMaxCheckpointLogSize / kLogFileSize;
// Zeros in one write: each write takes new memory, page by page, and the kernel pins all its pages together.
constexpr std::uint64_t kFillSize = kTinyLimits ? 16 * kKiB : 256 * kKiB;
static_assert(kLogFileSize % kFillSize == 0);

AlignedBuffer zeros_to_fill() {
  const io::Activity activity("aof-write");
  AlignedBuffer zeros(kFillSize);
  std::memset(zeros.data(), 0, zeros.size());
  return zeros;
}

}  // namespace

Result<std::vector<std::uint64_t>> LogFiles::list() {
  Result<std::vector<std::string>> names = environment_.disk.list("log");
  if (!names.ok()) return names.error();
  std::vector<std::uint64_t> serials;
  for (const std::string& name : *names) {
    char* end = nullptr;
    const std::uint64_t serial = std::strtoull(name.c_str(), &end, 10);
    if (serial > 0 && std::strcmp(end, ".log") == 0) serials.push_back(serial);
  }
  std::sort(serials.begin(), serials.end());
  return serials;
}

io::Task<Result<LogFile>> LogFiles::next() {
  while (preparing_) co_await prepared_.wait();
  preparing_ = true;
  if (ready_.file == io::kNoFile) {
    Result<LogFile> made = co_await prepare(false);
    if (!made.ok()) {
      preparing_ = false;
      prepared_.notify();
      co_return made.error();
    }
    ready_ = *made;
  }
  const LogFile file = std::exchange(ready_, LogFile{});
  io::spawn(prepare_ahead());
  co_return file;
}

void LogFiles::prepare_again() {
  if (!obstacle_ || preparing_ || closing_ || ready_.file != io::kNoFile) return;
  preparing_ = true;
  io::spawn(prepare_ahead());
}

io::Task<void> LogFiles::prepare_ahead() {
  // The rest of a full disk is for what frees space, and for the next start.
  const Result<io::Disk::Space> space = environment_.disk.space();
  const bool room = !spares_.empty() || !space.ok() || space->free_bytes >= kDiskReserve + kLogFileSize;
  if (!closing_ && room) {
    Result<LogFile> made = co_await prepare(filling_);
    if (made.ok()) ready_ = *made;
  }
  preparing_ = false;
  prepared_.notify();
}

io::Task<Result<LogFile>> LogFiles::prepare(bool fill) {
  LogFile made;
  made.serial = next_serial_++;
  Result<void> result;
  if (!spares_.empty()) {
    const std::uint64_t old_serial = spares_.front();
    spares_.pop_front();
    result = co_await recycle(old_serial, made);
  } else {
    result = co_await create(fill, made);
  }
  if (result.ok()) {
    const std::int32_t synced = co_await environment_.disk.sync_directory("log");
    result = check_done("sync directory", "log", synced);
  }
  obstacle_.reset();
  if (result.ok()) co_return made;
  obstacle_ = result.error();
  if (made.file != io::kNoFile) co_await environment_.disk.close(made.file);
  // A spare that could not be opened is one still.
  if (!spares_.empty() && spares_.front() == made.serial) co_return result.error();
  const std::string path = FilePath::log(made.serial).text();
  co_await environment_.disk.unlink(path.c_str());  // it never held a frame, and may not even exist
  co_return result.error();
}

io::Task<Result<void>> LogFiles::recycle(std::uint64_t old_serial, LogFile& made) {
  const std::string from = FilePath::log(old_serial).text();
  const std::string to = FilePath::log(made.serial).text();
  const std::int32_t renamed = co_await environment_.disk.rename(from.c_str(), to.c_str());
  if (renamed < 0) {
    // The log does not depend on a spare. One that cannot be renamed where a file can be created is given up.
    Result<void> created = co_await create(false, made);
    if (!created.ok() && renamed != -ENOENT) spares_.push_front(old_serial);
    co_return created;
  }
  const std::int32_t file = co_await environment_.disk.open(to.c_str(), io::OpenMode::kWrite);
  if (file < 0) {
    if (file != -ENOENT) spares_.push_front(made.serial);
    co_return disk_error("open", to, file);
  }
  made.file = file;
  // A power cut may have left it too short; if its blocks are allocated, this costs nothing.
  const std::int32_t allocated = co_await environment_.disk.allocate(file, kLogFileSize);
  co_return check_done("allocate", to, allocated);
}

io::Task<Result<void>> LogFiles::create(bool fill, LogFile& made) {
  const std::string path = FilePath::log(made.serial).text();
  const std::int32_t file = co_await environment_.disk.open(path.c_str(), io::OpenMode::kCreate);
  if (file < 0) co_return disk_error("create", path, file);
  made.file = file;
  const std::int32_t allocated = co_await environment_.disk.allocate(made.file, kLogFileSize);
  if (allocated < 0) co_return disk_error("allocate", path, allocated);
  if (fill) {
    const AlignedBuffer zeros = zeros_to_fill();
    for (std::uint64_t offset = 0; offset < kLogFileSize && !closing_; offset += kFillSize) {
      const std::int32_t written = co_await environment_.disk.write(made.file, offset, zeros.span());
      Result<void> full = check_full("write", path, offset, written, kFillSize);
      if (!full.ok()) co_return full;
    }
  }
  const std::int32_t synced = co_await environment_.disk.sync(made.file);
  co_return check_done("sync", path, synced);
}

io::Task<Result<void>> LogFiles::retire(std::uint64_t serial) {
  spares_.push_back(serial);
  while (spares_.size() > most_spares_) {
    const std::uint64_t surplus = spares_.front();
    spares_.pop_front();
    Result<void> removed = co_await remove(surplus);
    if (removed.ok() || removed.error().code == ErrorCode::kNotFound) continue;
    spares_.push_back(surplus);
    co_return removed;
  }
  co_return Result<void>();
}

void LogFiles::expect(std::size_t files) {
  most_spares_ = std::clamp<std::size_t>(std::max(files, expected_), 1, kMaxSpares);
  expected_ = files;
}

io::Task<Result<void>> LogFiles::remove(std::uint64_t serial) {
  const std::string path = FilePath::log(serial).text();
  const std::int32_t result = co_await environment_.disk.unlink(path.c_str());
  co_return check_done("unlink", path, result);
}

io::Task<void> LogFiles::close() {
  closing_ = true;
  while (preparing_) co_await prepared_.wait();
  if (ready_.file != io::kNoFile) {
    co_await environment_.disk.close(ready_.file);
    ready_ = LogFile{};
  }
}

}  // namespace terrace::storage
