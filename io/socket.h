// Socket options and addresses: plain system calls on a descriptor.
// Ownership: the descriptor stays the caller's.
// Thread: any.
#pragma once

#include <string>

#include "io/result.h"

namespace terrace::io {

// "127.0.0.1:6379", "[::1]:6379", or for Unix sockets the path, "/tmp/redis.sock:0" as Redis writes it; "?:0" if
// unknown.
std::string peer_address(int fd);
std::string local_address(int fd);

Result<void> set_no_delay(int fd);
// As Redis does: the first probe after `seconds` of silence, further ones after a third of it, dead after three. 0
// disables it.
Result<void> set_keepalive(int fd, int seconds);

}  // namespace terrace::io
