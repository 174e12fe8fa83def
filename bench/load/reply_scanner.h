// ReplyScanner: cuts replies out of the bytes that a server sends, without copying those that arrive whole.
// Thread: none of its own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace terrace::load {

struct Reply {
  char kind = 0;          // RESP's type byte
  bool is_null = false;   // $-1, *-1 or _
  std::string_view text;  // of a string its content, of an array all its elements as they came, else the line
};

class ReplyScanner {
 public:
  enum class Outcome { kReply, kIncomplete, kBroken };

  // `bytes` must stay as they are until next() has said kIncomplete; call it until then.
  void feed(std::string_view bytes);
  // A reply is valid until the next feed().
  Outcome next(Reply& reply);

 private:
  std::string carry_;  // the beginning of a reply whose end has not arrived
  std::string_view view_;
  std::size_t at_ = 0;
};

}  // namespace terrace::load
