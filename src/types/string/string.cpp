#include "src/types/string/string.h"

#include <algorithm>

namespace terrace::types {

using storage::Encoding;
using storage::Record;

EncodedString::EncodedString(std::string_view text) : text_(text) {
  if (const auto number = parse_integer(text)) {
    encoding_ = Encoding::kInteger;
    std::memcpy(number_, &*number, sizeof number_);
  } else if (text.size() <= kMaxEmbeddedSize) {
    encoding_ = Encoding::kEmbedded;
  }
}

EncodedString EncodedString::plain(std::string_view text) {
  EncodedString encoded;
  encoded.text_ = text;
  encoded.encoding_ = text.size() <= kMaxEmbeddedSize ? Encoding::kEmbedded : Encoding::kRaw;
  return encoded;
}

std::size_t string_size(const Record& record) {
  return StringText(record).view().size();
}

std::optional<std::int64_t> string_integer(const Record& record) {
  return record.encoding() == Encoding::kInteger ? stored_integer(record) : parse_integer(record.bytes());
}

std::optional<long double> string_real(const Record& record) {
  if (record.encoding() == Encoding::kInteger) return static_cast<long double>(stored_integer(record));
  return parse_real(record.bytes());
}

std::string_view substring(std::string_view text, std::int64_t first, std::int64_t last) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (first < 0 && last < 0 && first > last) return {};
  if (first < 0) first = std::max<std::int64_t>(size + first, 0);
  if (last < 0) last = std::max<std::int64_t>(size + last, 0);
  last = std::min(last, size - 1);
  if (size == 0 || first > last) return {};
  return text.substr(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1));
}

}  // namespace terrace::types
