#include "io/signal_watcher.h"

#include <liburing.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "io/reactor.h"
#include "io/system_error.h"

namespace terrace::io {

SignalWatcher::SignalWatcher(Reactor& reactor, int fd) : reactor_(reactor), fd_(fd) {}

SignalWatcher::~SignalWatcher() {
  TERRACE_CHECK(fd_ < 0);
}

Result<std::unique_ptr<SignalWatcher>> SignalWatcher::create(Reactor& reactor, std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : signals) sigaddset(&set, signal);
  const int status = pthread_sigmask(SIG_BLOCK, &set, nullptr);
  if (status != 0) return system_error(status, "block signals");
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (fd < 0) return system_error(errno, "make a signalfd");
  return std::unique_ptr<SignalWatcher>(new SignalWatcher(reactor, fd));
}

SignalWatcher::Awaiter SignalWatcher::next() {
  TERRACE_CHECK(!waiter_);
  arm();
  return Awaiter(*this);
}

void SignalWatcher::arm() {
  if (armed_ || closing_ || signal_ != 0) return;
  io_uring_prep_read(&reactor_.prepare(completion_), fd_, &info_, sizeof info_, 0);
  armed_ = true;
}

int SignalWatcher::take() {
  return std::exchange(signal_, 0);
}

void SignalWatcher::on_signal(int result, unsigned) {
  armed_ = false;
  if (result == sizeof info_) {
    signal_ = static_cast<int>(info_.ssi_signo);
  } else if (!closing_) {
    TERRACE_CHECK(result == -EINTR || result == -EAGAIN);
    return arm();
  }
  const bool was_closing = closing_;
  if (waiter_) std::exchange(waiter_, {}).resume();
  if (was_closing && !armed_) idle_.notify();
}

Task<> SignalWatcher::close() {
  TERRACE_CHECK(!closing_);
  closing_ = true;
  if (armed_) reactor_.cancel(completion_);
  while (armed_) co_await idle_.wait();
  ::close(fd_);
  fd_ = -1;
}

}  // namespace terrace::io
