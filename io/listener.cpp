#include "io/listener.h"

#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "io/reactor.h"
#include "io/system_error.h"

namespace terrace::io {

namespace {

// Bounds the connections that wait here for the server to accept them; beyond it the kernel's backlog takes over.
constexpr std::size_t kMaxWaiting = 1024;
constexpr std::int64_t kBackOffMs = 100;

// Not the listener's failure: the connection was gone before it was accepted (see accept(2), "Error handling").
bool is_of_one_connection(int error_number) {
  switch (error_number) {
    case ECONNABORTED:
    case EINTR:
    case EAGAIN:
    case EPERM:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return true;
    default:
      return false;
  }
}

bool is_shortage(int error_number) {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS || error_number == ENOMEM;
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<Address> parse_address(const std::string& text, std::uint16_t port) {
  Address address;
  auto& in = reinterpret_cast<sockaddr_in&>(address.storage);
  auto& in6 = reinterpret_cast<sockaddr_in6&>(address.storage);
  if (text == "*" || ::inet_pton(AF_INET, text.c_str(), &in.sin_addr) == 1) {
    if (text == "*") in.sin_addr.s_addr = htonl(INADDR_ANY);
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    address.length = sizeof in;
    return address;
  }
  if (::inet_pton(AF_INET6, text.c_str(), &in6.sin6_addr) == 1) {
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    address.length = sizeof in6;
    return address;
  }
  return Error{ErrorCode::kInvalid, "\"" + text + "\" is not a numeric IPv4 or IPv6 address"};
}

Result<Address> unix_address(const std::string& path) {
  Address address;
  auto& un = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.empty() || path.size() >= sizeof un.sun_path) {
    return Error{ErrorCode::kInvalid, "the path of a Unix socket has 1 to " + std::to_string(sizeof un.sun_path - 1) +
                                          " bytes: \"" + path + "\""};
  }
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.c_str(), path.size() + 1);
  address.length = sizeof un;
  return address;
}

// The socket file may be left over from a process that was killed.
Result<void> unlink_stale(const Address& address, const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) < 0) return {};
  if (!S_ISSOCK(status.st_mode)) {
    return Error{ErrorCode::kInvalid, path + " exists and is not a socket"};
  }
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return system_error(errno, "make a socket");
  const bool alive = ::connect(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0 ||
                     errno == EAGAIN;  // the listener's backlog is full
  ::close(fd);
  if (alive) return Error{ErrorCode::kBusy, "somebody listens on " + path};
  if (::unlink(path.c_str()) < 0 && errno != ENOENT) return system_error(errno, "unlink " + path);
  return {};
}

Result<int> listening_socket(const Address& address, int backlog, const std::string& name) {
  const int family = address.storage.ss_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error(errno, "make a socket for " + name);
  const int on = 1;
  const bool listening = (family == AF_UNIX || ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0) &&
                         (family != AF_INET6 || ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
                         ::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.length) == 0 &&
                         ::listen(fd, backlog) == 0;
  if (listening) return fd;
  Error error = system_error(errno, "listen on " + name);
  ::close(fd);
  return error;
}

}  // namespace

Listener::Listener(Reactor& reactor, int fd, std::string path) : reactor_(reactor), fd_(fd), path_(std::move(path)) {}

Listener::~Listener() {
  TERRACE_CHECK(fd_ < 0);
}

Result<std::unique_ptr<Listener>> Listener::listen_tcp(Reactor& reactor, const std::string& address, std::uint16_t port,
                                                       int backlog) {
  Result<Address> parsed = parse_address(address, port);
  if (!parsed) return parsed.error();
  Result<int> fd = listening_socket(*parsed, backlog, address + " port " + std::to_string(port));
  if (!fd) return fd.error();
  return std::unique_ptr<Listener>(new Listener(reactor, *fd, {}));
}

Result<std::unique_ptr<Listener>> Listener::listen_unix(Reactor& reactor, const std::string& path, unsigned mode,
                                                        int backlog) {
  Result<Address> address = unix_address(path);
  if (!address) return address.error();
  Result<void> unlinked = unlink_stale(*address, path);
  if (!unlinked) return unlinked.error();
  Result<int> fd = listening_socket(*address, backlog, path);
  if (!fd) return fd.error();
  if (mode != 0 && ::chmod(path.c_str(), static_cast<mode_t>(mode)) < 0) {
    Error error = system_error(errno, "set the permissions of " + path);
    ::close(*fd);
    ::unlink(path.c_str());
    return error;
  }
  return std::unique_ptr<Listener>(new Listener(reactor, *fd, path));
}

std::uint16_t Listener::port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) < 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return 0;
}

Listener::AcceptAwaiter Listener::accept() {
  TERRACE_CHECK(!waiter_);
  arm();
  return AcceptAwaiter(*this);
}

Result<int> Listener::hand_out() {
  if (!accepted_.empty() && !closing_) {
    const int fd = accepted_.front();
    accepted_.pop_front();
    return fd;
  }
  if (closing_) return Error{ErrorCode::kShutdown, "the listener is closing"};
  return system_error(failure_, "accept");
}

void Listener::arm() {
  if (armed_ || backing_off_ || closing_ || failure_ != 0 || accepted_.size() >= kMaxWaiting) return;
  // Not SOCK_NONBLOCK: the ring would return EAGAIN instead of waiting.
  io_uring_prep_multishot_accept(&reactor_.prepare(completion_), fd_, nullptr, nullptr, SOCK_CLOEXEC);
  armed_ = true;
}

Task<> Listener::arm_later() {
  backing_off_ = true;
  co_await reactor_.sleep_ms(kBackOffMs);
  backing_off_ = false;
  arm();
  if (closing_) idle_.notify();
}

void Listener::on_accept(int result, unsigned flags) {
  if (!(flags & IORING_CQE_F_MORE)) armed_ = false;
  if (result >= 0) {
    accepted_.push_back(result);
    if (armed_ && accepted_.size() == kMaxWaiting) reactor_.cancel(completion_);
  } else if (is_shortage(-result)) {
    ++refusals_;
    if (!armed_ && !backing_off_ && !closing_) spawn(arm_later());
  } else if (result != -ECANCELED && !is_of_one_connection(-result)) {
    failure_ = -result;
  }
  arm();
  const bool was_closing = closing_;
  if (waiter_ && can_hand_out()) std::exchange(waiter_, {}).resume();
  // The resumed coroutine may have closed and destroyed this, unless another one was waiting in close().
  if (was_closing && !armed_ && !backing_off_) idle_.notify();
}

Task<> Listener::close() {
  TERRACE_CHECK(!closing_);
  closing_ = true;
  // Another socket may listen at the address from now on, although this one is closed only when the kernel lets go of it.
  ::shutdown(fd_, SHUT_RDWR);
  if (armed_) reactor_.cancel(completion_);
  if (waiter_) std::exchange(waiter_, {}).resume();  // it gets kShutdown
  while (armed_ || backing_off_) co_await idle_.wait();
  for (int fd : accepted_) ::close(fd);
  accepted_.clear();
  ::close(fd_);
  fd_ = -1;
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace terrace::io
