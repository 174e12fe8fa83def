#include "io/reactor.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cerrno>

#include "io/activity.h"
#include "io/kernel_features.h"
#include "io/slice.h"

namespace terrace::io {

namespace {

// Coroutines and hooks may make further coroutines ready, and the hooks must see their effects. After this many rounds
// of each, the kernel gets its turn: two coroutines that post each other would keep it waiting without end.
constexpr int kMaxRounds = 8;
// Yielded coroutines get this much of a turn; the rest of them waits for the next turn.
constexpr std::int64_t kYieldedUs = Slice::kDurationUs;
// So many prepared operations are worth a system call of their own during a turn.
constexpr unsigned kEarlyBatch = 8;
// Completions that are handled before the coroutines they made ready are resumed: enough for their cache misses to
// overlap, few enough for the first ones' reads to reach the disk soon.
constexpr unsigned kGroup = 8;

std::int64_t read_clock_us(clockid_t clock) {
  timespec now;
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

unsigned file_table_size(unsigned wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 0;
  return static_cast<unsigned>(std::min<rlim_t>(wanted, limit.rlim_cur));
}

}  // namespace

Result<std::unique_ptr<Reactor>> Reactor::create(const ReactorOptions& options) {
  std::unique_ptr<Reactor> reactor(new Reactor());
  io_uring& ring = reactor->ring_;
  Result<void> opened = open_ring(ring, options.submission_entries, options.completion_entries);
  if (!opened) return opened.error();
  reactor->has_ring_ = true;
  Result<void> operations = check_operations(ring);
  if (!operations) return operations.error();
  Result<void> receives = check_multishot_receive(ring);
  if (!receives) return receives.error();

  Result<std::unique_ptr<ReceiveBuffers>> buffers =
      ReceiveBuffers::create(ring, options.receive_buffers, options.receive_buffer_bytes);
  if (!buffers) return buffers.error();
  reactor->buffers_ = std::move(*buffers);
  const unsigned files = file_table_size(options.registered_files);
  if (files > 0 && io_uring_register_files_sparse(&ring, files) == 0) reactor->registered_files_ = files;
  reactor->turn_time_us_ = reactor->monotonic_us();
  Result<std::unique_ptr<Mailbox>> mailbox = Mailbox::create();
  if (!mailbox) return mailbox.error();
  reactor->mailbox_ = std::move(*mailbox);
  reactor->read_mailbox();
  return reactor;
}

Reactor::~Reactor() {
  buffers_.reset();
  if (has_ring_) io_uring_queue_exit(&ring_);
}

std::int64_t Reactor::wall_ms() const {
  return read_clock_us(CLOCK_REALTIME) / 1000;
}

std::uint64_t Reactor::monotonic_ns() const {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

std::int64_t Reactor::monotonic_us() const {
  return read_clock_us(CLOCK_MONOTONIC);
}

void Reactor::run() {
  stopping_ = false;
  while (!stopping_) turn();
}

void Reactor::turn() {
  turn_time_us_ = meter_.begin(timers_.empty() ? 0 : timers_.earliest_us());
  dispatch_completions();
  run_ready();
  meter_.change_to("timers");
  run_due_timers();
  submit_early(1);
  run_hooks();
  if (!yielded_.empty()) run_yielded();
  meter_.end();
  submit_and_wait();
}

void Reactor::dispatch_completions() {
  dispatch_set_aside();
  // Only the completions that are there now: what they lead to comes after the timers and hooks.
  for (unsigned left = io_uring_cq_ready(&ring_); left > 0; --left) {
    another_follows_ = left % kGroup != 1;
    io_uring_cqe* cqe = nullptr;
    // A full submission queue may have set the rest aside (make_room); those come before any later completion.
    if (!set_aside_.empty() || io_uring_peek_cqe(&ring_, &cqe) != 0) break;
    auto* completion = static_cast<Completion*>(io_uring_cqe_get_data(cqe));
    const int result = cqe->res;
    const unsigned flags = cqe->flags;
    io_uring_cqe_seen(&ring_, cqe);
    if (completion) completion->complete(result, flags);
    if (!another_follows_) run_ready();
    submit_early(kEarlyBatch);
  }
  another_follows_ = false;
}

void Reactor::dispatch_set_aside() {
  if (set_aside_.empty()) return;
  std::vector<Arrived> arrived;
  arrived.swap(set_aside_);
  for (const Arrived& each : arrived) each.completion->complete(each.result, each.flags);
}

void Reactor::run_ready() {
  for (int round = 0; round < kMaxRounds && !ready_.empty(); ++round) {
    running_.swap(ready_);
    for (std::coroutine_handle<> waiter : running_) waiter.resume();
    running_.clear();
  }
}

void Reactor::run_due_timers() {
  if (timers_.empty() || timers_.earliest_us() > turn_time_us_) return;
  const std::uint64_t arrival = timers_.next_arrival();
  while (std::coroutine_handle<> waiter = timers_.pop_due(turn_time_us_, arrival)) waiter.resume();
}

void Reactor::run_hooks() {
  meter_.change_to("turn-end");
  for (int round = 0; round < kMaxRounds; ++round) {
    run_ready();
    for (std::size_t i = 0; i < hooks_.size(); ++i) hooks_[i]->at_turn_end();
    if (ready_.empty()) break;
  }
}

// The turn's replies are sent first. At least one coroutine is resumed; one that yields again waits for the next turn.
void Reactor::run_yielded() {
  submit_early(1);
  meter_.change_to("background");
  const std::int64_t end_us = monotonic_us() + kYieldedUs;
  std::size_t left = yielded_.size();
  do {
    const std::coroutine_handle<> waiter = yielded_.front();
    yielded_.pop_front();
    waiter.resume();
  } while (--left > 0 && monotonic_us() < end_us);
  run_hooks();
}

// What completions lead to, above all disk reads, is submitted during the turn. Otherwise it would wait for the other
// completions and for the hooks' sends, each of which takes the kernel several microseconds, and the device would be
// idle while the next turn runs. GETs of cold keys from 50 connections: 15 % more a second.
void Reactor::submit_early(unsigned least) {
  if (io_uring_sq_ready(&ring_) < least) return;
  const Activity activity("submission");
  const int status = io_uring_submit(&ring_);
  TERRACE_CHECK(status >= 0 || status == -EINTR || status == -EAGAIN || status == -EBUSY);
}

void Reactor::submit_and_wait() {
  int status = 0;
  const std::int64_t wait_us = timers_.empty() ? -1 : timers_.earliest_us() - monotonic_us();
  if (stopping_ || !ready_.empty() || !yielded_.empty() || !set_aside_.empty() || (!timers_.empty() && wait_us <= 0)) {
    status = io_uring_submit_and_get_events(&ring_);
  } else if (timers_.empty()) {
    status = io_uring_submit_and_wait(&ring_, 1);
  } else {
    __kernel_timespec timeout{.tv_sec = wait_us / 1'000'000, .tv_nsec = wait_us % 1'000'000 * 1000};
    io_uring_cqe* cqe = nullptr;
    status = io_uring_submit_and_wait_timeout(&ring_, &cqe, 1, &timeout, nullptr);
  }
  // The kernel returns EAGAIN or EBUSY when it is short of memory or its completion queue overflows; a signal or the
  // timeout may end the wait. The next turn handles what is there and comes back here.
  TERRACE_CHECK(status >= 0 || status == -ETIME || status == -EINTR || status == -EAGAIN || status == -EBUSY);
}

io_uring_sqe& Reactor::next_entry() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  while (!sqe) {
    make_room();
    sqe = io_uring_get_sqe(&ring_);
  }
  return *sqe;
}

io_uring_sqe& Reactor::prepare(Completion& completion) {
  io_uring_sqe& sqe = next_entry();
  io_uring_sqe_set_data(&sqe, &completion);
  return sqe;
}

void Reactor::cancel(Completion& completion) {
  io_uring_sqe& sqe = next_entry();
  io_uring_prep_cancel(&sqe, &completion, 0);
  sqe.flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data(&sqe, nullptr);  // not found, or too late: the operation's own completion has the result
}

// Called in the middle of a turn, when the submission queue is full.
void Reactor::make_room() {
  const int status = io_uring_submit(&ring_);
  TERRACE_CHECK(status >= 0 || status == -EINTR || status == -EAGAIN || status == -EBUSY);
  if (status == -EAGAIN || status == -EBUSY) set_completions_aside();
}

// Empties the completion queue without resuming any coroutine, because one is running.
void Reactor::set_completions_aside() {
  io_uring_get_events(&ring_);
  io_uring_cqe* cqe = nullptr;
  while (io_uring_peek_cqe(&ring_, &cqe) == 0) {
    auto* completion = static_cast<Completion*>(io_uring_cqe_get_data(cqe));
    if (completion) set_aside_.push_back({completion, cqe->res, cqe->flags});
    io_uring_cqe_seen(&ring_, cqe);
  }
}

void Reactor::read_mailbox() {
  mailbox_->prepare_read(prepare(mailbox_read_));
}

// The next read is prepared before the waiters run: it goes to the kernel with what they prepare.
void Reactor::on_mailbox_read(int result, unsigned) {
  read_mailbox();
  mailbox_->on_read(result);
}

bool Reactor::has_operation(int operation) {
  return io::has_operation(ring_, operation);
}

bool Reactor::register_file(int fd) {
  if (fd < 0 || static_cast<unsigned>(fd) >= registered_files_) return false;
  return io_uring_register_files_update(&ring_, static_cast<unsigned>(fd), &fd, 1) == 1;
}

void Reactor::unregister_file(int fd) {
  int none = -1;
  const int status = io_uring_register_files_update(&ring_, static_cast<unsigned>(fd), &none, 1);
  TERRACE_CHECK(status == 1);
}

}  // namespace terrace::io
