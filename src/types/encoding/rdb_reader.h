// RdbReader: reads values in Redis' RDB encoding, from our images and from untrusted payloads. After a failure
// everything read is empty, and ok() is false.
// Ownership: borrows the bytes; a text that had to be decoded owns its bytes.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/record/rdb_string.h"

namespace terrace::types {

// A text in the read bytes, or decoded from them.
class RdbText {
 public:
  RdbText() = default;
  explicit RdbText(std::string_view lies_there) : view_(lies_there) {}
  explicit RdbText(std::string made) : made_(std::move(made)), is_made_(true) {}
  std::string_view view() const { return is_made_ ? std::string_view(made_) : view_; }

 private:
  std::string_view view_;
  std::string made_;
  bool is_made_ = false;
};

class RdbReader {
 public:
  explicit RdbReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return bytes_.ok(); }
  std::size_t remaining() const { return bytes_.remaining(); }
  // Everything was read, and was valid.
  bool done() const { return bytes_.ok() && bytes_.remaining() == 0; }
  std::string_view raw(std::size_t size) { return bytes_.take(size); }
  std::int64_t time_ms() { return bytes_.fixed<std::int64_t>(); }
  std::uint8_t byte() { return bytes_.fixed<std::uint8_t>(); }
  double binary_double() { return bytes_.fixed<double>(); }
  std::uint64_t length() { return storage::read_rdb_length(bytes_); }
  // A string in any of its forms.
  RdbText text();

 private:
  storage::ByteReader bytes_;
};

}  // namespace terrace::types
