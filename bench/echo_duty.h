// Duty: what terrace-echo does of the disk before it answers, as little as the promise behind it allows; so what a
// server that keeps the promise can reach on this disk, this kernel and this machine. Ownership: main's; it must
// outlive the connections. Thread: the reactor's.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/reactor.h"
#include "io/sync.h"
#include "io/system_error.h"
#include "io/uring_disk.h"

namespace terrace::io {

class Duty {
 public:
  virtual ~Duty() = default;
  virtual Task<Result<void>> begin(Reactor& reactor, const std::string& path) = 0;
  // Of `commands` that came as `size` bytes: they are answered when it is done.
  virtual Task<> fulfil(std::size_t size, std::size_t commands) = 0;
  virtual std::string_view reply() const { return "+OK\r\n"; }
};

// A file that is written from end to end, again and again: a write and a sync for all that came while earlier ones were
// on their way.
class CommitDuty final : public Duty, public TurnHook {
 public:
  explicit CommitDuty(Reactor& reactor) : reactor_(reactor) { reactor_.add_turn_hook(*this); }
  ~CommitDuty() { reactor_.remove_turn_hook(*this); }
  CommitDuty(const CommitDuty&) = delete;
  CommitDuty& operator=(const CommitDuty&) = delete;

  // Every block is written once, or the file system would have to note each of them at its first write.
  Task<Result<void>> begin(Reactor& reactor, const std::string& directory) override {
    Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(reactor, directory);
    if (!disk) co_return disk.error();
    disk_ = std::move(*disk);
    co_await disk_->unlink(kName);
    file_ = co_await disk_->open(kName, OpenMode::kCreate);
    if (file_ < 0) co_return system_error(-file_, "open the file to commit to");
    for (std::uint64_t offset = 0; offset < kFileSize; offset += kBlocks.size()) {
      const Disk::WriteSyncResult result = co_await disk_->write_sync(file_, offset, kBlocks);
      if (!whole(result, kBlocks.size())) co_return Error{ErrorCode::kIo, "cannot write the file to commit to"};
    }
    co_return Result<void>();
  }

  Task<> fulfil(std::size_t size, std::size_t) override {
    if (!gathering_) gathering_ = std::make_shared<Commit>();
    const std::shared_ptr<Commit> mine = gathering_;
    mine->size += size;
    while (!mine->durable) co_await mine->done.wait();
  }

  void at_turn_end() override {
    if (gathering_ && writing_ < kMaxWriting) spawn(write(std::move(gathering_)));
  }

 private:
  struct Commit {
    std::size_t size = 0;
    bool durable = false;
    Event done;
  };

  static constexpr const char* kName = "echo.log";
  static constexpr std::size_t kBlockSize = 4096;
  static constexpr std::uint64_t kFileSize = 16 << 20;
  static constexpr unsigned kMaxWriting = 2;
  alignas(kBlockSize) static inline const std::array<std::byte, 1 << 20> kBlocks{};

  static bool whole(const Disk::WriteSyncResult& result, std::size_t size) {
    return result.written == static_cast<std::int32_t>(size) && result.synced == 0;
  }

  Task<> write(std::shared_ptr<Commit> commit) {
    const std::size_t blocks = (commit->size + kBlockSize - 1) / kBlockSize;
    const std::size_t size = std::min(blocks * kBlockSize, kBlocks.size());
    if (offset_ + size > kFileSize) offset_ = 0;
    const std::uint64_t offset = std::exchange(offset_, offset_ + size);
    ++writing_;
    const Disk::WriteSyncResult result = co_await disk_->write_sync(file_, offset, std::span(kBlocks).first(size));
    --writing_;
    TERRACE_CHECK(whole(result, size));
    commit->durable = true;
    commit->done.notify();
    at_turn_end();
  }

  Reactor& reactor_;
  std::unique_ptr<Disk> disk_;
  FileHandle file_ = kNoFile;
  std::uint64_t offset_ = 0;
  unsigned writing_ = 0;
  std::shared_ptr<Commit> gathering_;
};

// A page at random for each command, those of one connection side by side, and a value from it in the answer.
class ReadDuty final : public Duty {
 public:
  Task<Result<void>> begin(Reactor& reactor, const std::string& file) override {
    const std::filesystem::path path(file);
    Result<std::unique_ptr<UringDisk>> disk = UringDisk::open(reactor, path.parent_path().string());
    if (!disk) co_return disk.error();
    disk_ = std::move(*disk);
    const Result<std::uint64_t> size = disk_->file_size(path.filename().string());
    if (!size) co_return size.error();
    if (*size < kPageSize) co_return Error{ErrorCode::kIo, file + " has no page"};
    pages_ = std::uniform_int_distribution<std::uint64_t>(0, *size / kPageSize - 1);
    file_ = co_await disk_->open(path.filename().c_str(), OpenMode::kRead);
    if (file_ < 0) co_return system_error(-file_, "open " + file);
    co_return Result<void>();
  }

  Task<> fulfil(std::size_t, std::size_t commands) override {
    Reads reads;
    reads.pages.resize(commands);
    reads.left = commands;
    for (Page& page : reads.pages) spawn(read(reads, page));
    while (reads.left > 0) co_await reads.done.wait();
  }

  std::string_view reply() const override { return reply_; }

 private:
  static constexpr std::size_t kPageSize = 4096;
  static constexpr std::size_t kValueSize = 780;  // of a stanza of apt's package lists
  struct Page {
    alignas(kPageSize) std::array<std::byte, kPageSize> bytes;
  };
  struct Reads {
    std::vector<Page> pages;
    std::size_t left = 0;
    Event done;
  };

  Task<> read(Reads& reads, Page& page) {
    const std::int32_t size = co_await disk_->read(file_, pages_(chance_) * kPageSize, page.bytes);
    TERRACE_CHECK(size == static_cast<std::int32_t>(kPageSize));
    if (--reads.left == 0) reads.done.notify();
  }

  std::unique_ptr<Disk> disk_;
  FileHandle file_ = kNoFile;
  std::minstd_rand chance_;
  std::uniform_int_distribution<std::uint64_t> pages_;
  const std::string reply_ = "$" + std::to_string(kValueSize) + "\r\n" + std::string(kValueSize, 'x') + "\r\n";
};

}  // namespace terrace::io
