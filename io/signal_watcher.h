// SignalWatcher: signals that a coroutine can await, instead of handlers that interrupt the thread.
// Ownership: owns a signalfd; co_await close() before destruction (checked).
// Thread: the reactor's. Create it before any other thread: threads inherit the set of blocked signals.
#pragma once

#include <sys/signalfd.h>

#include <coroutine>
#include <initializer_list>
#include <memory>

#include "io/completion.h"
#include "io/result.h"
#include "io/sync.h"
#include "io/task.h"

namespace terrace::io {

class Reactor;

class SignalWatcher {
 public:
  // Blocks these signals for the process; they stay blocked after the watcher is destroyed.
  static Result<std::unique_ptr<SignalWatcher>> create(Reactor& reactor, std::initializer_list<int> signals);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

  class Awaiter {
   public:
    explicit Awaiter(SignalWatcher& watcher) : watcher_(watcher) {}
    bool await_ready() const noexcept { return watcher_.closing_ || watcher_.signal_ != 0; }
    void await_suspend(std::coroutine_handle<> handle) { watcher_.waiter_ = handle; }
    int await_resume() const { return watcher_.take(); }

   private:
    SignalWatcher& watcher_;
  };
  // The number of the next signal; 0 after close(). One coroutine may wait at a time.
  Awaiter next();
  Task<> close();

 private:
  SignalWatcher(Reactor& reactor, int fd);
  void arm();
  int take();
  void on_signal(int result, unsigned flags);

  Reactor& reactor_;
  int fd_;
  bool armed_ = false;
  bool closing_ = false;
  int signal_ = 0;
  signalfd_siginfo info_{};
  std::coroutine_handle<> waiter_;
  Event idle_;
  CompletionOf<&SignalWatcher::on_signal> completion_{*this};
};

}  // namespace terrace::io
