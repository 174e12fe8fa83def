// Helpers for the tests of this floor: a reactor, a temporary directory below the build folder, blocking client
// sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "io/reactor.h"

namespace terrace::io::testing {

inline std::unique_ptr<Reactor> make_reactor(const ReactorOptions& options = {}) {
  Result<std::unique_ptr<Reactor>> reactor = Reactor::create(options);
  if (!reactor) {
    ADD_FAILURE() << reactor.error().message;
    std::abort();
  }
  return std::move(*reactor);
}

// Below the working directory, which is the build folder: /tmp may be a file system without O_DIRECT.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::current_path() / "io-test-XXXXXX").string();
    TERRACE_CHECK(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The other end of a connection: blocking calls, for use from another thread or where they cannot block.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    TERRACE_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Ends with RST instead of FIN.
  void reset() {
    const linger hard{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close();
  }
  bool send(const std::string& data) const {
    return ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size());
  }
  // Exactly `size` bytes, fewer at the end.
  std::string receive(std::size_t size) const {
    std::string data(size, '\0');
    const ssize_t got = ::recv(fd_, data.data(), size, MSG_WAITALL);
    data.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return data;
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace terrace::io::testing
