// UringDisk: the Disk of a real directory, through the reactor's ring, past the page cache where the file system
// allows.
// Ownership: each operation in flight has a slot here; none may be left at destruction (checked).
// Thread: the reactor's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/disk.h"
#include "io/reactor.h"
#include "io/worker_pool.h"

namespace terrace::io {

class UringDisk final : public Disk {
 public:
  // Creates the root directory if it is missing.
  static Result<std::unique_ptr<UringDisk>> open(Reactor& reactor, const std::string& root);
  ~UringDisk() override;
  UringDisk(const UringDisk&) = delete;
  UringDisk& operator=(const UringDisk&) = delete;

  // False: the file system refuses O_DIRECT, files go through the page cache (worth a notice in the log).
  bool direct() const { return direct_; }

  void submit(DiskRequest& request) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<std::uint64_t> file_size(const std::string& path) override;
  Result<void> make_directory(const std::string& path) override;
  Result<void> lock(const std::string& path) override;
  Result<Space> space() override;

 private:
  // One request in flight. Slots are reused, so that a request allocates nothing.
  struct Operation {
    explicit Operation(UringDisk& owner) : disk(owner) {}
    void on_result(int result, unsigned) { disk.advance(*this, result); }

    UringDisk& disk;
    DiskRequest* request = nullptr;
    int directory_fd = -1;
    CompletionOf<&Operation::on_result> completion{*this};
  };

  UringDisk(Reactor& reactor, std::string root, int root_fd);
  Result<void> probe_direct();
  std::string full_path(const std::string& path) const;

  Operation& take_operation();
  void start(Operation& operation);
  void start_file_operation(Operation& operation);
  void start_write_sync(Operation& operation);
  void start_open(Operation& operation);
  void start_name_operation(Operation& operation);
  void start_sync_directory(Operation& operation);
  void advance(Operation& operation, int result);
  void finish(Operation& operation);
  void start_truncate(Operation& operation);
  Task<> truncate_on_worker(Operation& operation);
  void register_opened(FileHandle file);
  void unregister(FileHandle file);
  void use_file(io_uring_sqe& sqe, FileHandle file) const;

  Reactor& reactor_;
  const std::string root_;
  const int root_fd_;
  bool direct_ = false;
  unsigned under_way_ = 0;
  std::vector<std::unique_ptr<Operation>> operations_;
  std::vector<Operation*> free_operations_;
  std::vector<bool> registered_;  // by file descriptor: it is in the ring's file table
  std::vector<int> lock_fds_;
  std::unique_ptr<WorkerPool> blocking_;  // only where the kernel cannot truncate through the ring
};

}  // namespace terrace::io
