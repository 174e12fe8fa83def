// Listener: a listening TCP or Unix socket. One multishot accept lets the kernel accept all connections as they come.
// Ownership: owns its socket, and accepted sockets until accept() returns them; co_await close() before destruction.
// Thread: the reactor's.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "io/completion.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::io {

class Reactor;

class Listener {
 public:
  // `address` is a numeric IPv4 or IPv6 address ("*", "0.0.0.0", "::" for all); an IPv6 address accepts no IPv4
  // connections. Port 0 lets the kernel choose one, see port().
  static Result<std::unique_ptr<Listener>> listen_tcp(Reactor& reactor, const std::string& address, std::uint16_t port,
                                                      int backlog);
  // Replaces a socket file on which no process listens (kBusy if one does). `mode` 0 leaves the file's mode to the
  // umask.
  static Result<std::unique_ptr<Listener>> listen_unix(Reactor& reactor, const std::string& path, unsigned mode,
                                                       int backlog);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  std::uint16_t port() const;  // 0 for a Unix socket
  // How often the kernel could not accept (no descriptors or memory left); accepting pauses a little each time.
  std::uint64_t refusals() const { return refusals_; }

  class AcceptAwaiter {
   public:
    explicit AcceptAwaiter(Listener& listener) : listener_(listener) {}
    bool await_ready() const noexcept { return listener_.can_hand_out(); }
    void await_suspend(std::coroutine_handle<> handle) { listener_.waiter_ = handle; }
    Result<int> await_resume() { return listener_.hand_out(); }

   private:
    Listener& listener_;
  };
  // The next connection's descriptor, which belongs to the caller from then on (pass it to a Stream). One coroutine may
  // wait at a time. kShutdown after close(); after any other error this listener accepts no more.
  AcceptAwaiter accept();

  // Frees the address before it first suspends. Cancels accept() and the operation in the kernel, and closes sockets that accept() has not returned; unlinks a Unix
  // socket's file.
  Task<> close();

 private:
  Listener(Reactor& reactor, int fd, std::string path);
  bool can_hand_out() const { return !accepted_.empty() || closing_ || failure_ != 0; }
  Result<int> hand_out();
  void arm();
  Task<> arm_later();
  void on_accept(int result, unsigned flags);

  Reactor& reactor_;
  int fd_;
  const std::string path_;  // of a Unix socket
  bool armed_ = false;
  bool backing_off_ = false;
  bool closing_ = false;
  int failure_ = 0;
  std::uint64_t refusals_ = 0;
  std::deque<int> accepted_;
  std::coroutine_handle<> waiter_;
  Event idle_;  // no operation is in the kernel any more
  CompletionOf<&Listener::on_accept> completion_{*this};
};

}  // namespace terrace::io
