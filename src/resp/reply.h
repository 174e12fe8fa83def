// Reply: writes one command's reply as RESP2 or RESP3 into a byte buffer, according to the connection's protocol.
// A reply that grows beyond its bounds is dropped, and only counted from then on: the command is run again when there is
// memory for it, or gets an error. The bounds are asked for only by a reply that is not small.
// Ownership: borrows the buffer.
// Thread: the reactor's. Source: the RESP protocol specification (redis.io/docs/reference/protocol-spec) and
// redis-server 7.0's behaviour.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrace {

class Reply {
 public:
  struct Bounds {
    std::size_t now = SIZE_MAX;   // bytes that the reply may have
    std::size_t most = SIZE_MAX;  // no reply may ever be larger; a loop of any length looks at hopeless()
  };
  // Says how large a reply may be; outlives it.
  class Bounding {
   public:
    virtual Bounds bounds() const = 0;

   protected:
    ~Bounding() = default;
  };
  static constexpr std::size_t kSmall = 16 << 10;

  Reply(std::string& out, int protocol) : out_(out), protocol_(protocol), start_(out.size()) {}
  Reply(std::string& out, int protocol, const Bounding& bounding)
      : out_(out), protocol_(protocol), start_(out.size()), bounding_(&bounding), end_(start_ + kSmall) {}
  Reply(std::string& out, int protocol, const Bounds& bounds) : Reply(out, protocol) { set_bounds(bounds); }

  int protocol() const { return protocol_; }
  void set_protocol(int protocol) { protocol_ = protocol; }  // HELLO

  void ok() { out_ += "+OK\r\n"; }
  void simple(std::string_view text);  // without CR or LF
  // `text` begins with its code ("ERR ...", "WRONGTYPE ..."), without '-'. CR and LF at its end are removed; others
  // become spaces.
  void error(std::string_view text);
  void integer(std::int64_t number);
  void bulk(std::string_view bytes);
  void bulk_integer(std::int64_t number);  // the number's digits as a bulk string
  void null();                             // RESP3 `_`, RESP2 `$-1`
  void null_array();                       // RESP3 `_`, RESP2 `*-1`
  void real(double number);  // RESP3 `,`, RESP2 bulk; shortest form that reads back the same (%.17g rule of Redis)
  void real(std::string_view digits);                                        // the same with digits that are there
  void verbatim(std::string_view text, std::string_view extension = "txt");  // RESP2: bulk
  void array(std::size_t elements);
  void map(std::size_t pairs);  // RESP2: array of 2 * pairs
  void set(std::size_t elements);
  void push(std::size_t elements);  // RESP3: not the answer to a command. RESP2: array

  void append(std::string_view written) {  // by another Reply of the same protocol
    exceeds(written.size()) ? drop(written.size()) : static_cast<void>(out_ += written);
  }

  void wrong_type() { error("WRONGTYPE Operation against a key holding the wrong kind of value"); }
  void syntax_error() { error("ERR syntax error"); }

  // The size of this reply so far, or what it would be without the bound. rewind() drops it, for a command that must be
  // run again or gets an error.
  std::size_t size() const { return dropped_ + out_.size() - start_; }
  void rewind() {
    out_.resize(start_);
    dropped_ = 0;
    bounding_ = nullptr;
    end_ = SIZE_MAX;
  }
  bool dropped() const { return dropped_ > 0; }
  // The reply is larger than any may be: a handler need not write more of it.
  bool hopeless() const { return dropped_ > most_; }
  bool is_error() const { return out_.size() > start_ && out_[start_] == '-'; }

 private:
  friend class ReplyPart;

  void header(char kind, std::int64_t number);
  // Would the reply with so many bytes more exceed its bound?
  bool exceeds(std::size_t more) {
    return beyond_end(more) && (bounding_ == nullptr || (ask_for_bounds(), beyond_end(more)));
  }
  bool beyond_end(std::size_t more) const { return more > end_ || out_.size() > end_ - more; }
  void ask_for_bounds();
  Bounds bounds_left() {
    if (bounding_ != nullptr) ask_for_bounds();
    return {end_ == SIZE_MAX ? SIZE_MAX : end_ - std::min(end_, out_.size()), most_};
  }
  void set_bounds(const Bounds& bounds) {
    end_ = bounds.now < SIZE_MAX - start_ ? start_ + bounds.now : SIZE_MAX;
    most_ = bounds.most;
  }
  void drop(std::size_t more);

  std::string& out_;
  int protocol_;
  std::size_t start_;
  const Bounding* bounding_ = nullptr;  // not asked yet
  std::size_t end_ = SIZE_MAX;          // the size of out_ at the bound
  std::size_t most_ = SIZE_MAX;
  std::size_t dropped_ = 0;  // bytes that are not in out_
};

// ReplyPart: a part of a reply that is written aside, because what comes before it is known only then: the number of
// its elements.
// Ownership: borrows the whole reply, owns the part. Thread: the reactor's.
class ReplyPart {
 public:
  explicit ReplyPart(Reply& whole) : whole_(whole), part_(text_, whole.protocol_, whole.bounds_left()) {}
  ReplyPart(const ReplyPart&) = delete;
  ReplyPart& operator=(const ReplyPart&) = delete;

  Reply& reply() { return part_; }
  void append_to_whole() { part_.dropped() ? whole_.drop(part_.size()) : whole_.append(text_); }

 private:
  Reply& whole_;
  std::string text_;
  Reply part_;
};

}  // namespace terrace
