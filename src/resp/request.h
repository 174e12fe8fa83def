// RequestBatch: the complete commands in what one client has sent, as views of the received bytes.
// Ownership: the views point into the received span, or into the parser's buffer if the command is there. They are
// valid until the parser gets more bytes. A batch is reused, so that it costs no allocation.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

struct Request {
  std::uint32_t first;  // index of its first argument in RequestBatch::arguments, of which there are fewer than 2^32
  std::uint32_t count;
  std::string_view raw;  // the received bytes of a RESP array; empty for an inline command
};

struct RequestBatch {
  std::vector<std::string_view> arguments;
  std::vector<Request> requests;
  std::deque<std::string> inline_arguments;  // the arguments of inline commands with quotes

  std::span<const std::string_view> arguments_of(const Request& request) const {
    return {arguments.data() + request.first, request.count};
  }
  void clear() {
    arguments.clear();
    requests.clear();
    if (!inline_arguments.empty()) inline_arguments.clear();
  }
};

}  // namespace terrace
