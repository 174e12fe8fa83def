// Stream: one connection's socket. Data is received as it comes, into buffers of the reactor's pool; a consumer that
// is busy has it copied and queued up to a bound, after which the peer has to wait (TCP's own backpressure).
// Ownership: owns the socket; co_await close() before it goes (checked). One receive() and one send() at a time.
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

// Told when the peer is gone (end of file or an error), though nobody waits in receive(). Must not destroy the Stream.
class PeerWatcher {
 public:
  virtual void at_peer_gone() = 0;

 protected:
  ~PeerWatcher() = default;
};

class Stream final : private BufferWaiter {
 public:
  // Takes the descriptor. It must not be O_NONBLOCK.
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
  // What has arrived, in order; valid until the next receive(), release() or close(). Empty: the peer has ended.
  ReceiveAwaiter receive();
  // Gives back what receive() lent. Do so before waiting for long: buffers are shared by all connections.
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
  // Done when the kernel has taken all of `data`, which must stay as it is until then, or with an error.
  SendAwaiter send(std::span<const std::byte> data) { return {*this, data}; }

  // The peer has ended or the connection failed; what it had sent before can still be received. Known only once
  // receive() was called for the first time, and while no more than the bound is queued.
  bool peer_gone() const { return ended_ || receive_error_ != 0; }
  void watch_peer(PeerWatcher* watcher) { watcher_ = watcher; }  // null: no more

  // Ends the connection for both sides at once; receive() and send() then end by themselves.
  void shutdown();
  // Cancels what is under way (receive() and send() return kShutdown) and closes the socket when the kernel is done.
  Task<> close();

 private:
  bool can_receive() const { return !backlog_.empty() || has_lent_ || peer_gone() || closing_; }
  Result<std::span<const std::byte>> received();
  bool start_send(std::span<const std::byte> data, std::coroutine_handle<> sender);
  Result<void> sent() const;
  void arm_receive();
  void arm_send();
  void keep(std::uint16_t buffer, std::size_t size);
  void on_received(int result, unsigned flags);
  void on_sent(int result, unsigned flags);
  void at_buffers_free() override;
  void go_on(std::coroutine_handle<> waiter);
  bool under_way() const { return armed_ || sending_; }

  Reactor& reactor_;
  int fd_;
  bool armed_ = false;     // a multishot receive is in the kernel
  bool pausing_ = false;   // and its cancellation as well
  bool starving_ = false;  // no receive buffer was free: waits for one
  bool ended_ = false;
  bool sending_ = false;
  bool closing_ = false;
  bool has_lent_ = false;
  std::uint16_t lent_buffer_ = 0;
  int receive_error_ = 0;
  int send_error_ = 0;
  std::span<const std::byte> lent_;      // in the pool's buffer lent_buffer_
  std::vector<std::byte> backlog_;       // arrived while the consumer was busy
  std::vector<std::byte> lent_backlog_;  // what receive() took of it
  std::span<const std::byte> unsent_;
  std::coroutine_handle<> receiver_;
  std::coroutine_handle<> sender_;
  PeerWatcher* watcher_ = nullptr;
  Event idle_;  // nothing is in the kernel any more
  CompletionOf<&Stream::on_received> received_{*this};
  CompletionOf<&Stream::on_sent> sent_{*this};
};

}  // namespace terrace::io
