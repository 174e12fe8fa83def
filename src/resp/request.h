// RequestBatch: the complete commands found in what one client sent, as views into the bytes they came in.
// Ownership: the views borrow from the received span or from the parser's own buffer, whichever held the command; they
// are valid until the parser is next fed. Kept and reused, so that a batch costs no allocation. Thread: the reactor's.
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
  std::string_view raw;  // the command as it came, if it came as a RESP array; empty for an inline one
};

struct RequestBatch {
  std::vector<std::string_view> arguments;
  std::vector<Request> requests;
  std::deque<std::string> inline_arguments;  // what the views of inline commands with quotes point to

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
