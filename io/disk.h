// Disk: asynchronous access to files below one root directory, as the storage floor sees them. UringDisk is the real
// one. The one in tests/simulation tears, reorders and drops writes, and fails.
//
// Durability: written bytes are durable only after a sync that was issued when the write had completed. kWriteSync
// makes its own bytes durable, with the metadata needed to read them, and no others. Created, renamed or unlinked names
// are durable only after sync_directory. A result below zero is -errno. A read or write may complete short; only
// `result == size` is success.
// Ownership: a request lives in the awaiting coroutine's frame; its buffer and path must live until it completes.
// Thread: the reactor's (or the simulation's).
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/result.h"

namespace terrace::io {

// The least alignment of offsets, sizes and buffers. O_DIRECT demands it; a device may demand more
// (UringDisk::alignment). A power cut keeps or loses a sector as a whole.
inline constexpr std::size_t kSectorSize = 512;

// A handle of an open file, made by open(), valid until close().
using FileHandle = int;
inline constexpr FileHandle kNoFile = -1;

enum class DiskOp : std::uint8_t {
  kRead,
  kWrite,
  kWriteSync,  // a write that ends when it is durable: `result` is the write's; `sync_result` is 0 if it was whole and
               // is durable, -ECANCELED if it failed or was short; another error came from making it durable alone
  kSync,       // fdatasync of one file
  kOpen,       // result: FileHandle
  kClose,
  kAllocate,  // reserve `size` bytes from `offset` (blocks allocated, file size extended)
  kTruncate,  // set the file's size to `offset`
  kRename,    // path -> path2, replacing path2
  kUnlink,
  kSyncDirectory,  // path: a directory relative to the root, "" for the root
};

enum class OpenMode : std::uint8_t {
  kRead,    // must exist
  kWrite,   // must exist; read and write
  kCreate,  // must not exist; read and write
};

struct DiskRequest {
  DiskOp op = DiskOp::kRead;
  OpenMode mode = OpenMode::kRead;
  FileHandle file = kNoFile;
  std::uint64_t offset = 0;
  std::byte* data = nullptr;
  std::uint64_t size = 0;
  const char* path = nullptr;
  const char* path2 = nullptr;
  std::int32_t result = 0;
  std::int32_t sync_result = 0;
  std::coroutine_handle<> waiter = {};  // resumed once, on the reactor's thread, when the results are set
};

class Disk {
 public:
  virtual ~Disk() = default;

  // Takes a request whose `waiter` is set. The waiter is never resumed from within submit().
  virtual void submit(DiskRequest& request) = 0;

  // Synchronous, for start-up and statistics. Paths are relative to the root. Names come without "." and "..", sorted.
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<std::uint64_t> file_size(const std::string& path) = 0;
  virtual Result<void> make_directory(const std::string& path) = 0;  // existing is fine
  // Takes an exclusive lock on a file, which is created if missing; held until the Disk is destroyed. kBusy if another
  // process holds it.
  virtual Result<void> lock(const std::string& path) = 0;
  struct Space {
    std::uint64_t total_bytes;
    std::uint64_t free_bytes;  // to this process
  };
  virtual Result<Space> space() = 0;

  class Awaiter {
   public:
    Awaiter(Disk& disk, const DiskRequest& request) : disk_(disk), request_(request) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) {
      request_.waiter = handle;
      disk_.submit(request_);
    }
    // For all but kWriteSync: `result`. Check it against the size asked for.
    std::int32_t await_resume() const noexcept { return request_.result; }

   protected:
    Disk& disk_;
    DiskRequest request_;
  };

  struct WriteSyncResult {
    std::int32_t written;
    std::int32_t synced;
  };
  class WriteSyncAwaiter : public Awaiter {
   public:
    using Awaiter::Awaiter;
    WriteSyncResult await_resume() const noexcept { return {request_.result, request_.sync_result}; }
  };

  Awaiter read(FileHandle file, std::uint64_t offset, std::span<std::byte> data) {
    return {*this, {.op = DiskOp::kRead, .file = file, .offset = offset, .data = data.data(), .size = data.size()}};
  }
  Awaiter write(FileHandle file, std::uint64_t offset, std::span<const std::byte> data) {
    return {*this, write_request(DiskOp::kWrite, file, offset, data)};
  }
  WriteSyncAwaiter write_sync(FileHandle file, std::uint64_t offset, std::span<const std::byte> data) {
    return {*this, write_request(DiskOp::kWriteSync, file, offset, data)};
  }
  Awaiter sync(FileHandle file) { return {*this, {.op = DiskOp::kSync, .file = file}}; }
  Awaiter open(const char* path, OpenMode mode) { return {*this, {.op = DiskOp::kOpen, .mode = mode, .path = path}}; }
  Awaiter close(FileHandle file) { return {*this, {.op = DiskOp::kClose, .file = file}}; }
  Awaiter allocate(FileHandle file, std::uint64_t size) {
    return {*this, {.op = DiskOp::kAllocate, .file = file, .size = size}};
  }
  Awaiter truncate(FileHandle file, std::uint64_t size) {
    return {*this, {.op = DiskOp::kTruncate, .file = file, .offset = size}};
  }
  Awaiter rename(const char* from, const char* to) {
    return {*this, {.op = DiskOp::kRename, .path = from, .path2 = to}};
  }
  Awaiter unlink(const char* path) { return {*this, {.op = DiskOp::kUnlink, .path = path}}; }
  Awaiter sync_directory(const char* path) { return {*this, {.op = DiskOp::kSyncDirectory, .path = path}}; }

 private:
  static DiskRequest write_request(DiskOp op, FileHandle file, std::uint64_t offset, std::span<const std::byte> data) {
    return {.op = op, .file = file, .offset = offset, .data = const_cast<std::byte*>(data.data()), .size = data.size()};
  }
};

}  // namespace terrace::io
