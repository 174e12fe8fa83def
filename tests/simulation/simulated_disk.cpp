#include "tests/simulation/simulated_disk.h"

#include <cerrno>
#include <cstring>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "io/system_error.h"

namespace terrace::simulation {

namespace {

using io::DiskOp;

constexpr std::byte kJunk{0xA5};

bool writes(DiskOp op) {
  return op == DiskOp::kWrite || op == DiskOp::kWriteSync;
}
bool uses_handle(DiskOp op) {
  return op == DiskOp::kRead || writes(op) || op == DiskOp::kSync || op == DiskOp::kClose || op == DiskOp::kAllocate ||
         op == DiskOp::kTruncate;
}
bool is_log(const std::string& path) {
  return path.starts_with("log/");
}
std::uint64_t checksum_of(const io::DiskRequest& request) {
  return XXH3_64bits(request.data, request.size);
}

const char* name_of(DiskOp op) {
  constexpr const char* kNames[] = {"read",     "write",    "write+sync", "sync",   "open",          "close",
                                    "allocate", "truncate", "rename",     "unlink", "sync_directory"};
  return kNames[static_cast<unsigned>(op)];
}

}  // namespace

SimulatedDisk::~SimulatedDisk() {
  TERRACE_CHECK(abandoned_ || operations_.empty());
  for (Operation* operation : operations_) delete operation;
}

std::uint64_t SimulatedDisk::handles_open() const {
  std::uint64_t open_count = 0;
  for (const Handle& entry : handles_) open_count += entry.file != nullptr;
  return open_count;
}

SimulatedDisk::Handle& SimulatedDisk::handle(io::FileHandle file) {
  TERRACE_CHECK(file >= 0 && static_cast<std::size_t>(file) < handles_.size());
  TERRACE_CHECK(handles_[static_cast<std::size_t>(file)].file != nullptr);
  return handles_[static_cast<std::size_t>(file)];
}
const SimulatedDisk::Handle& SimulatedDisk::handle(io::FileHandle file) const {
  return const_cast<SimulatedDisk*>(this)->handle(file);
}

// --- the way of an operation

void SimulatedDisk::check_request(const io::DiskRequest& request) const {
  TERRACE_CHECK(!abandoned_);
  TERRACE_CHECK(request.waiter);
  if (!uses_handle(request.op)) {
    TERRACE_CHECK(request.path != nullptr);
    return;
  }
  const Handle& target = handle(request.file);
  if (request.op == DiskOp::kClose) TERRACE_CHECK(target.in_flight == 0);
  if (writes(request.op) || request.op == DiskOp::kAllocate || request.op == DiskOp::kTruncate) {
    TERRACE_CHECK(target.writable);
  }
  if (request.op == DiskOp::kRead || writes(request.op)) {
    TERRACE_CHECK(request.data != nullptr && request.size > 0);
    TERRACE_CHECK(request.offset % io::kSectorSize == 0 && request.size % io::kSectorSize == 0);
    TERRACE_CHECK(reinterpret_cast<std::uintptr_t>(request.data) % io::kSectorSize == 0);
  }
}

void SimulatedDisk::submit(io::DiskRequest& request) {
  check_request(request);
  auto* operation = new Operation{this, &request, 0, media_.mark(), false, operations_.size()};
  if (writes(request.op)) operation->checksum = checksum_of(request);
  if (uses_handle(request.op)) ++handle(request.file).in_flight;
  operations_.push_back(operation);
  start(operation);
}

void SimulatedDisk::start(Operation* operation) {
  operation->call = ++calls_;
  const DiskOp op = operation->syncing ? DiskOp::kSync : operation->request->op;
  world_.after(latency_us(op, operation->request->size), complete, operation);
}

std::int64_t SimulatedDisk::latency_us(DiskOp op, std::uint64_t size) {
  Random& random = world_.random();
  double base_us = 20;
  if (op == DiskOp::kRead) base_us = 70 + static_cast<double>(size) / 2000;
  if (writes(op)) base_us = 15 + static_cast<double>(size) / 1000;
  if (op == DiskOp::kSync || op == DiskOp::kSyncDirectory) base_us = 60;
  double latency = base_us * latency_scale_ * (0.3 + 1.4 * random.unit());
  if (random.below(64) == 0) latency *= 20;
  if (random.chance(faults_.slow)) latency += 1e6 * random.unit();
  return static_cast<std::int64_t>(latency);
}

void SimulatedDisk::complete(void* object) {
  auto* operation = static_cast<Operation*>(object);
  operation->disk->finish(operation);
}

void SimulatedDisk::finish(Operation* operation) {
  io::DiskRequest& request = *operation->request;
  if (perform(*operation)) {
    operation->syncing = true;
    operation->mark = media_.mark();
    start(operation);
    return;
  }
  ++counts_.operations;
  if (observer_) observe(*operation);
  world_.trace((static_cast<std::uint64_t>(request.op) << 56) ^ (request.offset << 24) ^ operation->checksum ^
               (static_cast<std::uint64_t>(static_cast<std::uint32_t>(request.result)) << 8));
  if (uses_handle(request.op) && request.op != DiskOp::kClose) --handle(request.file).in_flight;
  operations_.back()->place = operation->place;
  operations_[operation->place] = operations_.back();
  operations_.pop_back();
  delete operation;
  request.waiter.resume();
}

void SimulatedDisk::fail_call(std::uint64_t number, int error_number) {
  chosen_call_ = number;
  chosen_error_ = error_number;
}

SimulatedDisk::FailedCall SimulatedDisk::describe(const Operation& operation) const {
  const io::DiskRequest& request = *operation.request;
  const DiskOp op = operation.syncing ? DiskOp::kSync : request.op;
  if (!uses_handle(op)) return {op, request.path, false};
  return {operation.syncing ? DiskOp::kWriteSync : op, handle(request.file).path, handle(request.file).written};
}

bool SimulatedDisk::perform(Operation& operation) {
  if (operation.call != chosen_call_) return perform_in_this_weather(operation);
  failed_call_ = describe(operation);
  Faults certain;
  if (chosen_error_ == kShortTransfer) {
    certain.short_read = certain.short_write = 1;
  } else {
    certain.read_error = certain.write_error = certain.sync_error = certain.directory_sync_error = 1;
    certain.open_error = certain.allocate_error = certain.rename_error = certain.unlink_error = 1;
  }
  const Faults weather = std::exchange(faults_, certain);
  const bool goes_on = perform_in_this_weather(operation);
  faults_ = weather;
  for (std::int32_t* result : {&operation.request->result, &operation.request->sync_result}) {
    if (*result == -EIO) *result = -chosen_error_;
  }
  return goes_on;
}

std::optional<Error> SimulatedDisk::call_fails(const std::string& path) {
  if (++calls_ != chosen_call_ || chosen_error_ == kShortTransfer) return std::nullopt;
  ++counts_.failed;
  failed_call_ = FailedCall{.op = std::nullopt, .path = path};
  return io::system_error(chosen_error_, path);
}

bool SimulatedDisk::perform_in_this_weather(Operation& operation) {
  io::DiskRequest& request = *operation.request;
  if (name_error_ != 0 && !uses_handle(request.op)) {
    request.result = -name_error_;
    return false;
  }
  switch (request.op) {
    case DiskOp::kRead:
      request.result = end_read(request);
      break;
    case DiskOp::kWrite:
      request.result = end_write(operation);
      break;
    case DiskOp::kWriteSync:
      if (operation.syncing) {
        request.sync_result = end_sync(handle(request.file), operation.mark, request.offset, request.size);
        break;
      }
      request.result = end_write(operation);
      request.sync_result = -ECANCELED;
      return request.result == static_cast<std::int32_t>(request.size);
    case DiskOp::kSync:
      request.result = end_sync(handle(request.file), operation.mark);
      break;
    case DiskOp::kOpen:
      request.result = end_open(request);
      break;
    case DiskOp::kClose:
      request.result = end_close(request);
      break;
    case DiskOp::kAllocate:
      request.result = end_allocate(request);
      break;
    case DiskOp::kTruncate:
      request.result = end_truncate(request);
      break;
    case DiskOp::kRename:
      request.result = end_rename(request);
      break;
    case DiskOp::kUnlink:
      request.result = end_unlink(request);
      break;
    case DiskOp::kSyncDirectory:
      request.result = end_sync_directory(request, operation.mark);
      break;
  }
  return false;
}

bool SimulatedDisk::fault(double probability) {
  if (!world_.random().chance(probability)) return false;
  ++counts_.failed;
  return true;
}

// --- content

std::int32_t SimulatedDisk::end_read(io::DiskRequest& request) {
  ++counts_.reads;
  const Media::File& file = *handle(request.file).file;
  if (fault(faults_.read_error)) {
    std::memset(request.data, static_cast<int>(kJunk), request.size);
    return -EIO;
  }
  const std::uint64_t left = request.offset < file.live_size ? file.live_size - request.offset : 0;
  std::uint64_t size = std::min(request.size, left);
  if (size > io::kSectorSize && fault(faults_.short_read))
    size = io::kSectorSize * world_.random().between(1, size / io::kSectorSize - 1 + (size % io::kSectorSize != 0));
  media_.read(file, request.offset, {request.data, size});
  std::memset(request.data + size, static_cast<int>(kJunk), request.size - size);
  counts_.bytes_read += size;
  return static_cast<std::int32_t>(size);
}

void SimulatedDisk::write_in_part(Media::File& file, const io::DiskRequest& request) {
  Random& random = world_.random();
  for (std::uint64_t done = 0; done < request.size; done += io::kSectorSize) {
    const std::uint64_t at = request.offset + done;
    if (at + io::kSectorSize <= file.live_size && random.coin())
      media_.write(file, at, {request.data + done, io::kSectorSize});
  }
}

std::int32_t SimulatedDisk::end_write(Operation& operation) {
  const io::DiskRequest& request = *operation.request;
  Media::File& file = *handle(request.file).file;
  ++counts_.writes;
  TERRACE_CHECK(checksum_of(request) == operation.checksum);  // the buffer must stay as it was submitted
  if (fault(faults_.write_error)) {
    write_in_part(file, request);
    return -EIO;
  }
  const std::uint64_t end = request.offset + request.size;
  const std::uint64_t growth = end > file.live_size ? end - file.live_size : 0;
  if (growth > 0 && (!media_.has_room(growth) || fault(faults_.no_space))) return -ENOSPC;
  std::uint64_t size = request.size;
  if (size > io::kSectorSize && fault(faults_.short_write))
    size = io::kSectorSize * world_.random().between(1, size / io::kSectorSize - 1);
  media_.write(file, request.offset, {request.data, size});
  handle(request.file).written = true;
  remember_log_write(handle(request.file), request, size);
  counts_.bytes_written += size;
  return static_cast<std::int32_t>(size);
}

std::int32_t SimulatedDisk::end_sync(const Handle& target, std::uint64_t mark, std::uint64_t offset,
                                     std::uint64_t size) {
  ++counts_.syncs;
  if (fault(faults_.sync_error)) {
    media_.fail_sync(*target.file, mark, world_.random());
    return -EIO;
  }
  media_.sync(*target.file, mark, offset, size);
  if (is_log(target.path)) ++log_syncs_;
  return 0;
}

std::int32_t SimulatedDisk::end_allocate(io::DiskRequest& request) {
  Media::File& file = *handle(request.file).file;
  const std::uint64_t end = request.offset + request.size;
  if (fault(faults_.allocate_error)) return -EIO;
  if (end <= file.live_size) return 0;
  if (!media_.has_room(end - file.live_size) || fault(faults_.no_space)) return -ENOSPC;
  media_.set_size(file, end);
  return 0;
}

std::int32_t SimulatedDisk::end_truncate(io::DiskRequest& request) {
  Media::File& file = *handle(request.file).file;
  if (fault(faults_.allocate_error)) return -EIO;
  if (request.offset > file.live_size && !media_.has_room(request.offset - file.live_size)) return -ENOSPC;
  media_.set_size(file, request.offset);
  return 0;
}

// --- names

std::int32_t SimulatedDisk::end_open(io::DiskRequest& request) {
  if (fault(faults_.open_error)) return -EIO;
  Media::FilePointer file = media_.find(request.path);
  if (request.mode == io::OpenMode::kCreate) {
    if (file) return -EEXIST;
    if (!media_.parent_exists(request.path)) return -ENOENT;
    file = media_.create(request.path, false);
  }
  if (!file) return -ENOENT;
  if (file->directory) return -EISDIR;
  media_.opened(*file);
  handles_.push_back({.file = file, .path = request.path, .writable = request.mode != io::OpenMode::kRead});
  return static_cast<std::int32_t>(handles_.size() - 1);
}

std::int32_t SimulatedDisk::end_close(io::DiskRequest& request) {
  Handle& entry = handle(request.file);
  TERRACE_CHECK(entry.in_flight == 1);  // the close itself
  media_.closed(*entry.file);
  entry = {};
  return 0;
}

std::int32_t SimulatedDisk::end_rename(io::DiskRequest& request) {
  if (fault(faults_.rename_error)) return -EIO;
  if (!media_.find(request.path) || !media_.parent_exists(request.path2)) return -ENOENT;
  media_.rename(request.path, request.path2);
  return 0;
}

std::int32_t SimulatedDisk::end_unlink(io::DiskRequest& request) {
  if (fault(faults_.unlink_error)) return -EIO;
  if (!media_.find(request.path)) return -ENOENT;
  media_.unlink(request.path);
  return 0;
}

std::int32_t SimulatedDisk::end_sync_directory(io::DiskRequest& request, std::uint64_t mark) {
  if (fault(faults_.directory_sync_error)) return -EIO;
  const Media::FilePointer directory = media_.find(request.path);
  if (!directory || !directory->directory) return -ENOENT;
  media_.sync_directory(request.path, mark);
  return 0;
}

// --- synchronous calls

Result<std::vector<std::string>> SimulatedDisk::list(const std::string& directory) {
  if (auto error = call_fails(directory)) return *error;
  const Media::FilePointer found = media_.find(directory);
  if (!found || !found->directory) return Error{ErrorCode::kNotFound, directory + ": no such directory"};
  return media_.list(directory);
}

Result<std::uint64_t> SimulatedDisk::file_size(const std::string& path) {
  if (auto error = call_fails(path)) return *error;
  const Media::FilePointer file = media_.find(path);
  if (!file) return Error{ErrorCode::kNotFound, path + ": no such file"};
  return file->live_size;
}

Result<void> SimulatedDisk::make_directory(const std::string& path) {
  if (auto error = call_fails(path)) return *error;
  if (!media_.parent_exists(path)) return Error{ErrorCode::kNotFound, path + ": no such directory"};
  if (!media_.find(path)) media_.create(path, true);
  return {};
}

// Within one life only one Disk stands over a Media, so the lock is for the asking, once.
Result<void> SimulatedDisk::lock(const std::string& path) {
  if (auto error = call_fails(path)) return *error;
  if (locked_) return Error{ErrorCode::kBusy, path + ": locked"};
  if (!media_.find(path)) media_.create(path, false);
  locked_ = true;
  return {};
}

Result<io::Disk::Space> SimulatedDisk::space() {
  if (auto error = call_fails("free space")) return *error;
  const std::uint64_t total = media_.capacity();
  return Space{total, media_.used() < total ? total - media_.used() : 0};
}

// --- the end

void SimulatedDisk::perform_at_crash(Operation& operation) {
  const io::DiskRequest& request = *operation.request;
  if (operation.syncing || request.op == DiskOp::kSync || request.op == DiskOp::kSyncDirectory) return;
  if (request.op == DiskOp::kRead || request.op == DiskOp::kClose) return;
  if (writes(request.op)) TERRACE_CHECK(checksum_of(request) == operation.checksum);
  if (world_.random().coin()) perform(operation);
}

void SimulatedDisk::abandon() {
  abandoned_ = true;
  faults_ = {};
  for (Operation* operation : operations_) perform_at_crash(*operation);
  for (Handle& entry : handles_) {
    if (entry.file) media_.closed(*entry.file);
    entry = {};
  }
}

void SimulatedDisk::remember_log_write(const Handle& target, const io::DiskRequest& request, std::uint64_t size) {
  constexpr std::size_t kRemembered = 128;
  if (!is_log(target.path)) return;
  log_writes_.push_back({target.file, request.offset, size, log_syncs_});
  if (log_writes_.size() > kRemembered) log_writes_.pop_front();
}

std::optional<SimulatedDisk::Place> SimulatedDisk::old_log_byte(Random& random) const {
  constexpr std::uint64_t kLaterSyncs = 16;
  if (log_writes_.empty()) return std::nullopt;
  const std::size_t chosen = random.below(log_writes_.size());
  const LogWrite& write = log_writes_[chosen];
  if (write.log_syncs + kLaterSyncs > log_syncs_) return std::nullopt;
  const std::uint64_t offset = write.offset + random.below(write.size);
  for (std::size_t later = chosen + 1; later < log_writes_.size(); ++later) {
    const LogWrite& other = log_writes_[later];
    if (other.file == write.file && offset >= other.offset && offset < other.offset + other.size) return std::nullopt;
  }
  return Place{write.file, offset};
}

void SimulatedDisk::observe(const Operation& operation) {
  const io::DiskRequest& request = *operation.request;
  std::string words = std::string("disk ") + name_of(request.op);
  if (uses_handle(request.op)) {
    if (request.op != DiskOp::kClose) words += " " + handle(request.file).path;
    words += " #" + std::to_string(request.file);
    words += " @" + std::to_string(request.offset) + "+" + std::to_string(request.size);
  } else {
    words += std::string(" ") + request.path;
    if (request.path2) words += std::string(" -> ") + request.path2;
  }
  words += " = " + std::to_string(request.result);
  if (request.op == DiskOp::kWriteSync) words += "/" + std::to_string(request.sync_result);
  observer_(words);
}

}  // namespace terrace::simulation
