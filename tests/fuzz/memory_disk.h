// MemoryDisk: io::Disk over strings, for decoders that read through it. Every operation succeeds, in order, in the turn
// after the one that submitted it. MemoryEnvironment: what a store is given that has such a disk and nothing else.
// Ownership: owns the files. Thread: one.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/disk.h"
#include "io/environment.h"
#include "io/task.h"

namespace terrace::fuzz {

class MemoryDisk final : public io::Disk {
 public:
  std::string& file(const std::string& path) {
    std::shared_ptr<std::string>& content = files_[path];
    if (!content) content = std::make_shared<std::string>();
    return *content;
  }

  // Reads end after so many bytes, as those of a disk in trouble may.
  void shorten_reads(std::uint64_t most_bytes) { most_read_bytes_ = most_bytes; }

  // Runs a task to its end on this disk alone.
  template <typename T>
  T run(io::Task<T> task) {
    std::optional<T> result;
    io::spawn(finish(std::move(task), result));
    while (!result) {
      TERRACE_CHECK(!queue_.empty());  // else the task waits for what will never come
      io::DiskRequest& request = *std::exchange(queue_.front(), nullptr);
      queue_.pop_front();
      request.result = perform(request);
      request.sync_result = request.result < 0 ? -ECANCELED : 0;
      request.waiter.resume();
    }
    return std::move(*result);
  }

  void submit(io::DiskRequest& request) override { queue_.push_back(&request); }
  Result<std::vector<std::string>> list(const std::string& directory) override {
    std::vector<std::string> names;
    for (const auto& [path, content] : files_) {
      if (path.starts_with(directory + "/")) names.push_back(path.substr(directory.size() + 1));
    }
    return names;
  }
  Result<std::uint64_t> file_size(const std::string& path) override { return std::uint64_t{file(path).size()}; }
  Result<void> make_directory(const std::string&) override { return {}; }
  Result<void> lock(const std::string&) override { return {}; }
  Result<Space> space() override { return Space{1ull << 40, 1ull << 40}; }

  std::uint64_t read_bytes() const { return read_bytes_; }
  std::size_t handles_open() const {
    return static_cast<std::size_t>(
        std::count_if(handles_.begin(), handles_.end(), [](const auto& handle) { return handle != nullptr; }));
  }

 private:
  template <typename T>
  static io::Task<void> finish(io::Task<T> task, std::optional<T>& result) {
    T value = co_await task;
    result.emplace(std::move(value));
  }

  std::int32_t perform(io::DiskRequest& request) {
    switch (request.op) {
      case io::DiskOp::kRead:
        return read(request);
      case io::DiskOp::kWrite:
      case io::DiskOp::kWriteSync:
        return write(request);
      case io::DiskOp::kOpen:
        return open(request);
      case io::DiskOp::kClose:
        handles_[static_cast<std::size_t>(request.file)].reset();
        return 0;
      case io::DiskOp::kAllocate: {
        std::string& content = content_of(request);
        if (content.size() < request.offset + request.size) content.resize(request.offset + request.size);
        return 0;
      }
      case io::DiskOp::kTruncate:
        content_of(request).resize(request.offset);
        return 0;
      case io::DiskOp::kRename: {
        auto moved = files_.extract(request.path);
        if (!moved) return -ENOENT;
        files_[request.path2] = std::move(moved.mapped());
        return 0;
      }
      case io::DiskOp::kUnlink:
        return files_.erase(request.path) > 0 ? 0 : -ENOENT;
      case io::DiskOp::kSync:
      case io::DiskOp::kSyncDirectory:
        return 0;
    }
    return -EINVAL;
  }

  std::string& content_of(const io::DiskRequest& request) { return *handles_[static_cast<std::size_t>(request.file)]; }

  std::int32_t open(const io::DiskRequest& request) {
    const bool exists = files_.contains(request.path);
    if (exists == (request.mode == io::OpenMode::kCreate)) return exists ? -EEXIST : -ENOENT;
    file(request.path);
    handles_.push_back(files_[request.path]);
    return static_cast<std::int32_t>(handles_.size() - 1);
  }
  std::int32_t read(io::DiskRequest& request) {
    const std::string& content = content_of(request);
    if (request.offset >= content.size()) return 0;
    const std::size_t size = std::min<std::size_t>({request.size, content.size() - request.offset, most_read_bytes_});
    std::memcpy(request.data, content.data() + request.offset, size);
    read_bytes_ += size;
    return static_cast<std::int32_t>(size);
  }
  std::int32_t write(io::DiskRequest& request) {
    std::string& content = content_of(request);
    if (content.size() < request.offset + request.size) content.resize(request.offset + request.size);
    std::memcpy(content.data() + request.offset, request.data, request.size);
    return static_cast<std::int32_t>(request.size);
  }

  std::uint64_t read_bytes_ = 0;
  std::uint64_t most_read_bytes_ = ~std::uint64_t{0};
  std::map<std::string, std::shared_ptr<std::string>> files_;
  std::vector<std::shared_ptr<std::string>> handles_;
  std::deque<io::DiskRequest*> queue_;
};

class MemoryEnvironment {
 public:
  operator const io::Environment&() const { return environment_; }  // NOLINT(google-explicit-constructor)
  MemoryDisk& disk() { return disk_; }

 private:
  class NoClock final : public io::Clock {
   public:
    std::int64_t wall_ms() const override { return 0; }
    std::int64_t monotonic_us() const override { return 0; }
    void submit(io::Timer&) override { TERRACE_CHECK(false); }
  };
  class NoWorkers final : public io::Workers {
   public:
    void submit(io::WorkItem&) override { TERRACE_CHECK(false); }
  };

  MemoryDisk disk_;
  NoClock clock_;
  NoWorkers workers_;
  io::Environment environment_{disk_, clock_, workers_, 1};
};

}  // namespace terrace::fuzz
