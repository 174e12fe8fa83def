// Reply: writes one command's reply as RESP2 or RESP3 into a byte buffer, according to the connection's protocol.
// Ownership: borrows the buffer.
// Thread: the reactor's. Source: the RESP protocol specification (redis.io/docs/reference/protocol-spec) and
// redis-server 7.0's behaviour.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace terrace {

class Reply {
 public:
  Reply(std::string& out, int protocol) : out_(out), protocol_(protocol), start_(out.size()) {}

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

  void append(std::string_view written) { out_ += written; }  // by another Reply of the same protocol

  void wrong_type() { error("WRONGTYPE Operation against a key holding the wrong kind of value"); }
  void syntax_error() { error("ERR syntax error"); }

  // The size of this reply so far. rewind() drops it, for a command that must be run again.
  std::size_t size() const { return out_.size() - start_; }
  void rewind() { out_.resize(start_); }
  bool is_error() const { return out_.size() > start_ && out_[start_] == '-'; }

 private:
  void header(char kind, std::int64_t number);

  std::string& out_;
  int protocol_;
  std::size_t start_;
};

}  // namespace terrace
