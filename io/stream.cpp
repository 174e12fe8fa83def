#include "io/stream.h"

#include <liburing.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "io/reactor.h"
#include "io/system_error.h"

namespace terrace::io {

namespace {

// With so much queued for a busy consumer, receiving stops until the consumer returns. What the kernel had taken from
// the socket by then is still added, so the queue may exceed this by some buffers.
constexpr std::size_t kMaxQueuedBytes = 64 * 1024;

// A send that the kernel takes at once copies its bytes within the turn. Also, moved_bytes() shows progress.
constexpr std::size_t kMaxSendBytes = std::size_t{256} << 10;

}  // namespace

Stream::Stream(Reactor& reactor, int fd) : reactor_(reactor), fd_(fd) {
  TERRACE_CHECK(fd >= 0);
}

Stream::~Stream() {
  TERRACE_CHECK(fd_ < 0 && !under_way());
}

// --- receiving

Stream::ReceiveAwaiter Stream::receive(Pace pace) {
  TERRACE_CHECK(!receiver_);
  release();
  held_ = false;
  pace_ = pace;
  arm_receive();
  return ReceiveAwaiter(*this);
}

void Stream::hold() {
  held_ = true;
  if (!armed_ || pausing_) return;
  pausing_ = true;
  reactor_.cancel(received_);
}

void Stream::spare() {
  if (pace_ == Pace::kSparing) return;
  pace_ = Pace::kSparing;
  if (!armed_ || pausing_) return;
  pausing_ = true;
  reactor_.cancel(received_);
}

void Stream::resume() {
  held_ = false;
  pace_ = Pace::kFull;
  arm_receive();
}

void Stream::release() {
  if (has_lent_) {
    has_lent_ = false;
    reactor_.receive_buffers().give_back(lent_buffer_);
  }
  // An idle connection holds no memory. (= {} would keep what the vector has.)
  if (lent_backlog_.empty()) return;
  lent_backlog_ = std::vector<std::byte>();
  tell_queue_size();
}

void Stream::tell_queue_size() {
  if (watcher_) watcher_->at_queue_resized(backlog_.capacity() + lent_backlog_.capacity());
}

Result<std::span<const std::byte>> Stream::received() {
  if (closing_) return Error{ErrorCode::kShutdown, "the connection is closing"};
  if (has_lent_) return lent_;
  if (!backlog_.empty()) {
    lent_backlog_ = std::exchange(backlog_, {});
    arm_receive();
    return std::span<const std::byte>(lent_backlog_);
  }
  if (ended_) return std::span<const std::byte>();
  return system_error(receive_error_, "receive");
}

void Stream::arm_receive() {
  if (armed_ || held_ || starving_ || peer_gone() || closing_ || backlog_.size() >= kMaxQueuedBytes) return;
  io_uring_sqe& sqe = reactor_.prepare(received_);
  if (pace_ == Pace::kFull) {
    io_uring_prep_recv_multishot(&sqe, fd_, nullptr, 0, 0);
  } else {
    io_uring_prep_recv(&sqe, fd_, nullptr, kSparingBytes, 0);
  }
  sqe.flags |= IOSQE_BUFFER_SELECT;
  sqe.buf_group = ReceiveBuffers::kGroup;
  armed_ = true;
}

// Data arrived in a buffer: it is lent to the waiting receiver, or copied, so that the buffer goes back at once. No
// buffer is held for a busy consumer: a few busy ones would take all the buffers.
void Stream::keep(std::uint16_t buffer, std::size_t size) {
  ReceiveBuffers& buffers = reactor_.receive_buffers();
  const std::span<const std::byte> data(buffers.take(buffer), size);
  moved_bytes_ += size;
  if (receiver_ && !has_lent_ && backlog_.empty() && !closing_) {
    lent_ = data;
    lent_buffer_ = buffer;
    has_lent_ = true;
    return;
  }
  if (!closing_) {
    backlog_.insert(backlog_.end(), data.begin(), data.end());
    tell_queue_size();
  }
  buffers.give_back(buffer);
}

void Stream::on_received(int result, unsigned flags) {
  if (!(flags & IORING_CQE_F_MORE)) armed_ = pausing_ = false;
  if (flags & IORING_CQE_F_BUFFER) {
    keep(static_cast<std::uint16_t>(flags >> IORING_CQE_BUFFER_SHIFT),
         result > 0 ? static_cast<std::size_t>(result) : 0);
  }
  if (result == 0) {
    ended_ = true;
  } else if (result == -ENOBUFS) {
    reactor_.receive_buffers().ran_out();
    starving_ = !closing_ && !held_ && !reactor_.receive_buffers().plenty();
    if (starving_) reactor_.receive_buffers().wait(*this);
  } else if (result < 0 && result != -ECANCELED && result != -EINTR && result != -EAGAIN) {
    receive_error_ = -result;
  }
  if (armed_ && !pausing_ && backlog_.size() >= kMaxQueuedBytes) {
    pausing_ = true;
    reactor_.cancel(received_);
  }
  if (pace_ == Pace::kFull || !can_receive()) arm_receive();
  if (peer_gone() && !receiver_ && watcher_ && !closing_) watcher_->at_peer_gone();
  resume_then_close(can_receive() ? std::exchange(receiver_, {}) : std::coroutine_handle<>());
}

void Stream::at_buffers_free() {
  starving_ = false;
  arm_receive();
}

// --- sending

// False: there is nothing to wait for, sent() has the error.
bool Stream::start_send(std::span<const std::byte> data, std::coroutine_handle<> sender) {
  TERRACE_CHECK(!sending_);
  if (closing_ && send_error_ == 0) send_error_ = ECANCELED;
  if (send_error_ != 0) return false;
  unsent_ = data;
  sender_ = sender;
  sending_ = true;
  arm_send();
  return true;
}

void Stream::arm_send() {
  io_uring_sqe& sqe = reactor_.prepare(sent_);
  io_uring_prep_send(&sqe, fd_, unsent_.data(), std::min(unsent_.size(), kMaxSendBytes), MSG_NOSIGNAL | MSG_WAITALL);
}

void Stream::on_sent(int result, unsigned) {
  if (result > 0) {
    unsent_ = unsent_.subspan(static_cast<std::size_t>(result));
    moved_bytes_ += static_cast<std::size_t>(result);
  } else if (result != -EINTR && result != -EAGAIN) {
    send_error_ = result == 0 ? EPIPE : -result;
  }
  if (closing_ && !unsent_.empty() && send_error_ == 0) send_error_ = ECANCELED;
  if (!unsent_.empty() && send_error_ == 0) return arm_send();
  sending_ = false;
  resume_then_close(std::exchange(sender_, {}));
}

Result<void> Stream::sent() const {
  if (send_error_ == 0) return {};
  return system_error(send_error_, "send");
}

// --- ending

// Resumes a waiter, if there is one, and then close(), if it waits for the last operation. The first may close and
// destroy this, but not when another coroutine already waits in close().
void Stream::resume_then_close(std::coroutine_handle<> waiter) {
  const bool was_closing = closing_;
  if (waiter) waiter.resume();
  if (was_closing && !under_way()) idle_.notify();
}

void Stream::shutdown() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

Task<> Stream::close() {
  TERRACE_CHECK(!closing_);
  closing_ = true;
  release();
  if (starving_) reactor_.receive_buffers().forget(*this);
  starving_ = false;
  if (armed_) reactor_.cancel(received_);
  if (sending_) reactor_.cancel(sent_);
  // A receiver with no operation in the kernel (it starves) is resumed here, the others by their completions.
  if (receiver_ && !armed_) std::exchange(receiver_, {}).resume();
  while (under_way()) co_await idle_.wait();
  backlog_ = std::vector<std::byte>();
  tell_queue_size();
  ::close(fd_);
  fd_ = -1;
}

}  // namespace terrace::io
