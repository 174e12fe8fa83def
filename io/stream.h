// Stream: one connection's socket. Data is received as it comes, into buffers of the reactor's pool. While the consumer
// is busy, data is copied and queued up to a bound; beyond it the peer has to wait (TCP's backpressure).
// Ownership: owns the socket; co_await close() before destruction (checked). One receive() and one send() at a time.
// Thread: the reactor's.
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "io/completion.h"
#include "io/receive_buffers.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::io {

class Reactor;

// Is told of events of a Stream beside receive(). Must not destroy the Stream.
class StreamWatcher {
 public:
  // The peer is gone (end of file or an error), and no coroutine waits in receive().
  virtual void at_peer_gone() = 0;
  // The stream's own buffers of received bytes now take so much memory.
  virtual void at_queue_resized(std::size_t bytes) = 0;

 protected:
  ~StreamWatcher() = default;
};

class Stream final : private BufferWaiter {
 public:
  // Takes ownership of the descriptor, which must not be O_NONBLOCK.
  Stream(Reactor& reactor, int fd);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int fd() const { return fd_; }

  class ReceiveAwaiter {
   public:
    explicit ReceiveAwaiter(Stream& stream) : stream_(stream) {}
    bool await_ready() const noexcept { return stream_.can_receive(); }
    void await_suspend(std::coroutine_handle<> handle) { stream_.receiver_ = handle; }
    Result<std::span<const std::byte>> await_resume() { return stream_.received(); }

   private:
    Stream& stream_;
  };
  // What has arrived, in order; valid until the next receive(), release() or close(). Empty: the peer has closed.
  // kSparing: no more is taken from the socket than is returned, and little of it: memory is short.
  enum class Pace : std::uint8_t { kFull, kSparing };
  static constexpr std::size_t kSparingBytes = 4 << 10;
  ReceiveAwaiter receive(Pace pace = Pace::kFull);
  // As if the last receive() had asked for kSparing. A waiting receive(kFull) would take all that the peer sends next.
  void spare();
  // Takes nothing more from the socket until the next receive(): the peer has to wait.
  void hold();
  // Takes from the socket before the next receive(), as far as the queue's bound allows: shows when the peer has gone.
  void resume();
  // Gives back what receive() returned. Call it before any long wait: all connections share the buffers.
  void release();
  // Bytes that arrived while the consumer was busy.
  std::size_t queued_bytes() const { return backlog_.size(); }

  class SendAwaiter {
   public:
    SendAwaiter(Stream& stream, std::span<const std::byte> data) : stream_(stream), data_(data) {}
    bool await_ready() const noexcept { return data_.empty(); }
    bool await_suspend(std::coroutine_handle<> handle) { return stream_.start_send(data_, handle); }
    Result<void> await_resume() const { return data_.empty() ? Result<void>() : stream_.sent(); }

   private:
    Stream& stream_;
    std::span<const std::byte> data_;
  };
  // Completes when the kernel has taken all of `data`, which must not change until then, or with an error.
  SendAwaiter send(std::span<const std::byte> data) { return {*this, data}; }

  // What was sent and received so far: shows whether a slow peer still takes or gives something.
  std::uint64_t moved_bytes() const { return moved_bytes_; }

  // The peer has closed or the connection has failed; what the peer had sent before can still be received. Known only
  // after the first receive(), and only while no more than the bound is queued.
  bool peer_gone() const { return ended_ || receive_error_ != 0; }
  void watch(StreamWatcher* watcher) { watcher_ = watcher; }  // null: none

  // Ends the connection in both directions at once; receive() and send() then complete by themselves.
  void shutdown();
  // Cancels receive() and send(), which return kShutdown, and closes the socket when the kernel is done with it.
  Task<> close();

 private:
  bool can_receive() const { return !backlog_.empty() || has_lent_ || peer_gone() || closing_; }
  Result<std::span<const std::byte>> received();
  bool start_send(std::span<const std::byte> data, std::coroutine_handle<> sender);
  Result<void> sent() const;
  void arm_receive();
  void arm_send();
  void keep(std::uint16_t buffer, std::size_t size);
  void tell_queue_size();
  void on_received(int result, unsigned flags);
  void on_sent(int result, unsigned flags);
  void at_buffers_free() override;
  void resume_then_close(std::coroutine_handle<> waiter);
  bool under_way() const { return armed_ || sending_; }

  Reactor& reactor_;
  int fd_;
  bool armed_ = false;    // a multishot receive is in the kernel
  bool pausing_ = false;  // so is its cancellation
  bool held_ = false;     // until the next receive()
  Pace pace_ = Pace::kFull;
  bool starving_ = false;  // no receive buffer was free: waits for one
  bool ended_ = false;
  bool sending_ = false;
  bool closing_ = false;
  bool has_lent_ = false;
  std::uint16_t lent_buffer_ = 0;
  int receive_error_ = 0;
  int send_error_ = 0;
  std::span<const std::byte> lent_;      // in the pool's buffer `lent_buffer_`
  std::vector<std::byte> backlog_;       // arrived while the consumer was busy
  std::vector<std::byte> lent_backlog_;  // the part of it that receive() has returned
  std::span<const std::byte> unsent_;
  std::uint64_t moved_bytes_ = 0;
  std::coroutine_handle<> receiver_;
  std::coroutine_handle<> sender_;
  StreamWatcher* watcher_ = nullptr;
  Event idle_;  // nothing is in the kernel any more
  CompletionOf<&Stream::on_received> received_{*this};
  CompletionOf<&Stream::on_sent> sent_{*this};
};

}  // namespace terrace::io
