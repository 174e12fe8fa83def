#include "io/uring_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "io/kernel_features.h"
#include "io/system_error.h"

namespace terrace::io {

namespace {

// The kernel transfers at most 2 GiB less a page in one call; a larger transfer completes short, as the contract
// allows.
constexpr std::uint64_t kMaxTransfer = std::uint64_t{1} << 30;
// Larger transfers hold the kernel's caller too long: it pins each page, and may find the blocks one by one.
constexpr std::uint64_t kMaxInline = 64 * 1024;

unsigned transfer_size(std::uint64_t size) {
  return static_cast<unsigned>(std::min(size, kMaxTransfer));
}

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::kRead:
      return O_RDONLY | O_CLOEXEC;
    case OpenMode::kWrite:
      return O_RDWR | O_CLOEXEC;
    case OpenMode::kCreate:
      return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  }
  TERRACE_CHECK(false);
}

// Makes the directory's name durable too: without it, its files would be lost.
Result<void> make_root(const std::string& root) {
  std::error_code error;
  if (!std::filesystem::create_directories(root, error)) {
    if (error) return system_error(error.value(), "make the directory " + root);
    return {};
  }
  std::filesystem::path parent = std::filesystem::absolute(root, error).lexically_normal();
  if (!parent.has_filename()) parent = parent.parent_path();
  parent = parent.parent_path();
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int status = fd < 0 ? -1 : ::fsync(fd);
  const int error_number = errno;
  if (fd >= 0) ::close(fd);
  if (status < 0) return system_error(error_number, "sync the directory " + parent.string());
  return {};
}

struct AlignedFree {
  void operator()(void* memory) const { std::free(memory); }
};

// Whether this file takes direct writes, in units of a sector or of 4 KiB. A full disk, which refuses any write, counts as
// one that does: what a start frees there comes after this.
Result<bool> takes_direct_writes(int fd, const std::string& path) {
  constexpr std::size_t kLargest = 4096;
  std::unique_ptr<void, AlignedFree> block(std::aligned_alloc(kLargest, 2 * kLargest));
  if (!block) return system_error(ENOMEM, "write " + path);
  std::memset(block.get(), 0, 2 * kLargest);
  for (std::size_t size : {kSectorSize, kLargest}) {
    // Neither the buffer's address nor the offset is a multiple of more than `size`.
    const auto* data = static_cast<std::byte*>(block.get()) + size;
    const ssize_t written = ::pwrite(fd, data, size, static_cast<off_t>(size));
    if (written >= 0 || errno == ENOSPC) return true;
    if (errno != EINVAL) return system_error(errno, "write " + path);
  }
  return false;
}

std::string lock_holder(int fd) {
  char text[24] = {};
  if (::pread(fd, text, sizeof text - 1, 0) <= 0) return "another process";
  const long pid = std::strtol(text, nullptr, 10);
  return pid > 0 ? "process " + std::to_string(pid) : "another process";
}

}  // namespace

UringDisk::UringDisk(Reactor& reactor, std::string root, int root_fd)
    : reactor_(reactor), root_(std::move(root)), root_fd_(root_fd) {}

UringDisk::~UringDisk() {
  TERRACE_CHECK(under_way_ == 0);
  for (int fd : lock_fds_) ::close(fd);
  ::close(root_fd_);
}

Result<std::unique_ptr<UringDisk>> UringDisk::open(Reactor& reactor, const std::string& root) {
  Result<void> made = make_root(root);
  if (!made) return made.error();
  const int root_fd = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root_fd < 0) return system_error(errno, "open the directory " + root);
  std::unique_ptr<UringDisk> disk(new UringDisk(reactor, root, root_fd));
  Result<void> probed = disk->probe_direct();
  if (!probed) return probed.error();
  if (!reactor.has_operation(kOpTruncate)) disk->blocking_ = std::make_unique<WorkerPool>(reactor, 1, "disk");
  return disk;
}

Result<void> UringDisk::probe_direct() {
  const std::string name = ".direct-probe";
  const std::string path = full_path(name);
  const int fd = ::openat(root_fd_, name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0600);
  const int error_number = errno;
  ::unlinkat(root_fd_, name.c_str(), 0);  // some file systems create the file and then refuse
  if (fd < 0) {
    if (error_number == EINVAL) return {};
    return system_error(error_number, "create " + path);
  }
  Result<bool> direct = takes_direct_writes(fd, path);
  ::close(fd);
  if (!direct) return direct.error();
  direct_ = *direct;
  return {};
}

std::string UringDisk::full_path(const std::string& path) const {
  return path.empty() ? root_ : root_ + "/" + path;
}

// --- asynchronous requests

UringDisk::Operation& UringDisk::take_operation() {
  if (free_operations_.empty()) {
    operations_.push_back(std::make_unique<Operation>(*this));
    free_operations_.reserve(operations_.size());  // so that giving an operation back does not allocate
    free_operations_.push_back(operations_.back().get());
  }
  Operation& operation = *free_operations_.back();
  free_operations_.pop_back();
  return operation;
}

void UringDisk::submit(DiskRequest& request) {
  Operation& operation = take_operation();
  operation.request = &request;
  operation.directory_fd = -1;
  ++under_way_;
  start(operation);
}

void UringDisk::use_file(io_uring_sqe& sqe, FileHandle file) const {
  const auto index = static_cast<std::size_t>(file);  // kNoFile becomes an index beyond the end
  if (index < registered_.size() && registered_[index]) sqe.flags |= IOSQE_FIXED_FILE;
}

// Operations on names or extents may wait for the journal, and large transfers take long to start. IOSQE_ASYNC passes
// them to the kernel's worker threads at once, so that they never hold the reactor.
void UringDisk::start(Operation& operation) {
  DiskRequest& request = *operation.request;
  switch (request.op) {
    case DiskOp::kRead:
    case DiskOp::kWrite:
    case DiskOp::kSync:
    case DiskOp::kAllocate:
      return start_file_operation(operation);
    case DiskOp::kWriteSync:
      return start_write_sync(operation);
    case DiskOp::kOpen:
      return start_open(operation);
    case DiskOp::kTruncate:
      return start_truncate(operation);
    case DiskOp::kSyncDirectory:
      return start_sync_directory(operation);
    case DiskOp::kClose:
    case DiskOp::kRename:
    case DiskOp::kUnlink:
      return start_name_operation(operation);
  }
}

void UringDisk::start_file_operation(Operation& operation) {
  const DiskRequest& request = *operation.request;
  io_uring_sqe& sqe = reactor_.prepare(operation.completion);
  if (request.op == DiskOp::kRead) {
    io_uring_prep_read(&sqe, request.file, request.data, transfer_size(request.size), request.offset);
  } else if (request.op == DiskOp::kWrite) {
    io_uring_prep_write(&sqe, request.file, request.data, transfer_size(request.size), request.offset);
  } else if (request.op == DiskOp::kSync) {
    io_uring_prep_fsync(&sqe, request.file, IORING_FSYNC_DATASYNC);
  } else {
    io_uring_prep_fallocate(&sqe, request.file, 0, static_cast<off_t>(request.offset),
                            static_cast<off_t>(request.size));
    sqe.flags |= IOSQE_ASYNC;
  }
  if (request.op != DiskOp::kSync && request.size > kMaxInline) sqe.flags |= IOSQE_ASYNC;
  use_file(sqe, request.file);
}

// One operation: a write that ends when its bytes are durable costs a third less than a write and a linked fdatasync,
// which the kernel always passes to another thread.
void UringDisk::start_write_sync(Operation& operation) {
  const DiskRequest& request = *operation.request;
  io_uring_sqe& write = reactor_.prepare(operation.completion);
  io_uring_prep_write(&write, request.file, request.data, transfer_size(request.size), request.offset);
  write.rw_flags = RWF_DSYNC;
  if (request.size > kMaxInline) write.flags |= IOSQE_ASYNC;
  use_file(write, request.file);
}

void UringDisk::start_open(Operation& operation) {
  const DiskRequest& request = *operation.request;
  io_uring_sqe& sqe = reactor_.prepare(operation.completion);
  io_uring_prep_openat(&sqe, root_fd_, request.path, open_flags(request.mode) | (direct() ? O_DIRECT : 0), 0644);
  sqe.flags |= IOSQE_ASYNC;
}

void UringDisk::start_name_operation(Operation& operation) {
  const DiskRequest& request = *operation.request;
  if (request.op == DiskOp::kClose) unregister(request.file);
  io_uring_sqe& sqe = reactor_.prepare(operation.completion);
  if (request.op == DiskOp::kClose) {
    // The last close of an unlinked file frees its blocks.
    io_uring_prep_close(&sqe, request.file);
  } else if (request.op == DiskOp::kRename) {
    io_uring_prep_renameat(&sqe, root_fd_, request.path, root_fd_, request.path2, 0);
  } else {
    io_uring_prep_unlinkat(&sqe, root_fd_, request.path, 0);
  }
  sqe.flags |= IOSQE_ASYNC;
}

void UringDisk::start_truncate(Operation& operation) {
  if (blocking_) return spawn(truncate_on_worker(operation));
  const DiskRequest& request = *operation.request;
  io_uring_sqe& sqe = reactor_.prepare(operation.completion);
  io_uring_prep_rw(kOpTruncate, &sqe, request.file, nullptr, 0, request.offset);
  sqe.flags |= IOSQE_ASYNC;
  use_file(sqe, request.file);
}

Task<> UringDisk::truncate_on_worker(Operation& operation) {
  const DiskRequest& request = *operation.request;
  int result = 0;
  auto truncate = [&request, &result] {
    result = ::ftruncate(request.file, static_cast<off_t>(request.offset)) < 0 ? -errno : 0;
  };
  co_await blocking_->run(truncate);
  advance(operation, result);
}

// The root is open already; any other directory is opened first (see advance()).
void UringDisk::start_sync_directory(Operation& operation) {
  const DiskRequest& request = *operation.request;
  io_uring_sqe& sqe = reactor_.prepare(operation.completion);
  if (*request.path == '\0') {
    io_uring_prep_fsync(&sqe, root_fd_, 0);
  } else {
    io_uring_prep_openat(&sqe, root_fd_, request.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    sqe.flags |= IOSQE_ASYNC;
  }
}

void UringDisk::advance(Operation& operation, int result) {
  DiskRequest& request = *operation.request;
  request.result = result;
  if (request.op == DiskOp::kOpen && result >= 0) {
    register_opened(result);
  } else if (request.op == DiskOp::kWriteSync) {
    request.sync_result = result == static_cast<int>(transfer_size(request.size)) ? 0 : -ECANCELED;
  } else if (request.op == DiskOp::kSyncDirectory && *request.path != '\0') {
    if (operation.directory_fd < 0 && result >= 0) {
      operation.directory_fd = result;
      io_uring_sqe& sqe = reactor_.prepare(operation.completion);
      io_uring_prep_fsync(&sqe, operation.directory_fd, 0);
      return;
    }
    if (operation.directory_fd >= 0) ::close(operation.directory_fd);
  }
  finish(operation);
}

// The waiter is resumed, and may submit the next request at once.
void UringDisk::finish(Operation& operation) {
  const std::coroutine_handle<> waiter = operation.request->waiter;
  operation.request = nullptr;
  free_operations_.push_back(&operation);
  --under_way_;
  waiter.resume();
}

void UringDisk::register_opened(FileHandle file) {
  const auto index = static_cast<std::size_t>(file);
  if (!reactor_.register_file(file)) return;
  if (registered_.size() <= index) registered_.resize(index + 1);
  registered_[index] = true;
}

void UringDisk::unregister(FileHandle file) {
  const auto index = static_cast<std::size_t>(file);
  if (index >= registered_.size() || !registered_[index]) return;
  registered_[index] = false;
  reactor_.unregister_file(file);
}

// --- synchronous calls

Result<std::vector<std::string>> UringDisk::list(const std::string& directory) {
  const char* path = directory.empty() ? "." : directory.c_str();
  const int fd = ::openat(root_fd_, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error(errno, "open the directory " + full_path(directory));
  DIR* stream = ::fdopendir(fd);
  if (!stream) {
    const int error_number = errno;
    ::close(fd);
    return system_error(error_number, "list the directory " + full_path(directory));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(stream);
  if (error_number != 0) return system_error(error_number, "list the directory " + full_path(directory));
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::uint64_t> UringDisk::file_size(const std::string& path) {
  struct stat status;
  if (::fstatat(root_fd_, path.c_str(), &status, 0) < 0) return system_error(errno, "stat " + full_path(path));
  return static_cast<std::uint64_t>(status.st_size);
}

Result<void> UringDisk::make_directory(const std::string& path) {
  if (::mkdirat(root_fd_, path.c_str(), 0755) == 0) return {};
  const int error_number = errno;
  struct stat status;
  if (error_number == EEXIST && ::fstatat(root_fd_, path.c_str(), &status, 0) == 0 && S_ISDIR(status.st_mode)) {
    return {};
  }
  return system_error(error_number, "make the directory " + full_path(path));
}

Result<void> UringDisk::lock(const std::string& path) {
  const int fd = ::openat(root_fd_, path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return system_error(errno, "open " + full_path(path));
  if (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
    const int error_number = errno;
    const std::string holder = lock_holder(fd);
    ::close(fd);
    if (error_number != EWOULDBLOCK) return system_error(error_number, "lock " + full_path(path));
    return Error{ErrorCode::kBusy, full_path(path) + " is locked by " + holder};
  }
  lock_fds_.push_back(fd);
  // For people. The lock does not depend on it, so a full disk does no harm.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(fd, pid.data(), pid.size(), 0);
  return {};
}

Result<Disk::Space> UringDisk::space() {
  struct statvfs status;
  if (::fstatvfs(root_fd_, &status) < 0) return system_error(errno, "stat the file system of " + root_);
  return Space{.total_bytes = status.f_blocks * status.f_frsize, .free_bytes = status.f_bavail * status.f_frsize};
}

}  // namespace terrace::io
