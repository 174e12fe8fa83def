// String: the encoding of a text, and a string record as text or number, by Redis' rules: a text that is exactly an
// integer's digits is stored in 8 bytes ("int"), up to 44 bytes are "embstr", longer ones "raw"; a text that was edited
// in place stays "raw". The text of an integer is made on demand.
// Ownership: views of texts and records borrow.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "src/text/number.h"
#include "storage/base/limits.h"
#include "storage/record/record.h"

namespace terrace::types {

inline constexpr std::size_t kMaxEmbeddedSize = 44;
inline constexpr std::int64_t kSharedIntegers = 10000;  // Redis has one shared object for each of 0 to 9999

// A text in the encoding in which it is stored. Borrows the text.
class EncodedString {
 public:
  // The encoding that SET uses.
  explicit EncodedString(std::string_view text);
  explicit EncodedString(std::int64_t number) : encoding_(storage::Encoding::kInteger) {
    std::memcpy(number_, &number, sizeof number_);
  }
  // Never as an integer: for the results of INCRBYFLOAT.
  static EncodedString plain(std::string_view text);

  storage::Encoding encoding() const { return encoding_; }
  std::string_view bytes() const {
    return encoding_ == storage::Encoding::kInteger ? std::string_view(number_, sizeof number_) : text_;
  }

 private:
  EncodedString() = default;

  storage::Encoding encoding_ = storage::Encoding::kRaw;
  std::string_view text_;
  char number_[sizeof(std::int64_t)];
};

// The number in a record with Encoding::kInteger.
inline std::int64_t stored_integer(const storage::Record& record) {
  std::int64_t number;
  std::memcpy(&number, record.value(), sizeof number);
  return number;
}

// A string record as text. Borrows the record.
class StringText {
 public:
  explicit StringText(const storage::Record& record) {
    if (record.encoding() == storage::Encoding::kInteger) {
      digits_.emplace(stored_integer(record));
    } else {
      text_ = record.bytes();
    }
  }
  std::string_view view() const { return digits_ ? digits_->view() : text_; }

 private:
  std::optional<IntegerText> digits_;
  std::string_view text_;
};

std::size_t string_size(const storage::Record& record);
std::optional<std::int64_t> string_integer(const storage::Record& record);
std::optional<long double> string_real(const storage::Record& record);

// Whether a string of `size` bytes may grow by `more`.
inline bool size_allowed(std::uint64_t size, std::uint64_t more) {
  return size <= storage::kMaxValueSize && more <= storage::kMaxValueSize - size;
}

// The part of a text from `first` to `last`, both included; negative indexes count from the end.
std::string_view substring(std::string_view text, std::int64_t first, std::int64_t last);

}  // namespace terrace::types
