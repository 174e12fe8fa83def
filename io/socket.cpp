#include "io/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "io/system_error.h"

namespace terrace::io {

namespace {

std::string to_text(const sockaddr_storage& address, socklen_t length) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(in.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(in6.sin6_port));
  }
  if (address.ss_family == AF_UNIX && length > offsetof(sockaddr_un, sun_path)) {
    const auto& un = reinterpret_cast<const sockaddr_un&>(address);
    return std::string(un.sun_path) + ":0";
  }
  return "?:0";
}

Result<void> set_option(int fd, int level, int option, int value, const char* name) {
  if (::setsockopt(fd, level, option, &value, sizeof value) == 0) return {};
  return system_error(errno, std::string("set ") + name);
}

bool is_unix(int fd) {
  int family = 0;
  socklen_t length = sizeof family;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0 && family == AF_UNIX;
}

}  // namespace

std::string peer_address(int fd) {
  // The peer of a Unix socket has no name; the socket it connected to has one.
  if (is_unix(fd)) return local_address(fd);
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0) return "?:0";
  return to_text(address, length);
}

std::string local_address(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) < 0) return "?:0";
  return to_text(address, length);
}

Result<void> set_no_delay(int fd) {
  if (is_unix(fd)) return {};
  return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
}

Result<void> set_keepalive(int fd, int seconds) {
  if (is_unix(fd)) return {};
  Result<void> status = set_option(fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0, "SO_KEEPALIVE");
  if (!status || seconds <= 0) return status;
  status = set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds, "TCP_KEEPIDLE");
  if (!status) return status;
  status = set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, seconds / 3), "TCP_KEEPINTVL");
  if (!status) return status;
  return set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3, "TCP_KEEPCNT");
}

}  // namespace terrace::io
