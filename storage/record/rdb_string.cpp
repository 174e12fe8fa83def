#include "storage/record/rdb_string.h"

#include <charconv>
#include <limits>

namespace terrace::storage {

namespace {

constexpr unsigned char k14Bit = 0x40;
constexpr unsigned char k32Bit = 0x80;
constexpr unsigned char k64Bit = 0x81;
constexpr unsigned char kInt8 = 0xC0;
constexpr unsigned char kInt16 = 0xC1;
constexpr unsigned char kInt32 = 0xC2;
constexpr unsigned char kPacked = 0xC3;

template <typename T>
bool fits(std::int64_t value) {
  return value >= std::numeric_limits<T>::min() && value <= std::numeric_limits<T>::max();
}

std::uint64_t length_from(std::uint8_t first, ByteReader& reader) {
  if ((first & 0xC0) == 0) return first;
  if ((first & 0xC0) == k14Bit) return (std::uint64_t{first & 0x3Fu} << 8) | reader.fixed<std::uint8_t>();
  if (first == k32Bit) return __builtin_bswap32(reader.fixed<std::uint32_t>());
  if (first == k64Bit) return __builtin_bswap64(reader.fixed<std::uint64_t>());
  reader.fail();
  return 0;
}

}  // namespace

void put_rdb_length(std::string& out, std::uint64_t length) {
  if (length < 64) {
    out.push_back(static_cast<char>(length));
  } else if (length < 16384) {
    out.push_back(static_cast<char>(k14Bit | (length >> 8)));
    out.push_back(static_cast<char>(length));
  } else if (length <= std::numeric_limits<std::uint32_t>::max()) {
    out.push_back(static_cast<char>(k32Bit));
    put_fixed(out, __builtin_bswap32(static_cast<std::uint32_t>(length)));
  } else {
    out.push_back(static_cast<char>(k64Bit));
    put_fixed(out, __builtin_bswap64(length));
  }
}

void put_rdb_integer(std::string& out, std::int64_t value) {
  if (fits<std::int8_t>(value)) {
    out.push_back(static_cast<char>(kInt8));
    put_fixed(out, static_cast<std::int8_t>(value));
  } else if (fits<std::int16_t>(value)) {
    out.push_back(static_cast<char>(kInt16));
    put_fixed(out, static_cast<std::int16_t>(value));
  } else if (fits<std::int32_t>(value)) {
    out.push_back(static_cast<char>(kInt32));
    put_fixed(out, static_cast<std::int32_t>(value));
  } else {
    put_rdb_bytes(out, std::to_string(value));
  }
}

void put_rdb_bytes(std::string& out, std::string_view bytes) {
  put_rdb_length(out, bytes.size());
  out += bytes;
}

void put_rdb_string(std::string& out, std::string_view text) {
  constexpr std::size_t kMaxDigits = 11;  // "-2147483648"
  std::int64_t value = 0;
  if (!text.empty() && text.size() <= kMaxDigits && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool plain = text[0] == '-' ? text.size() > 1 && text[1] != '0' : text[0] != '0' || text.size() == 1;
    if (error == std::errc() && stop == end && plain && fits<std::int32_t>(value)) return put_rdb_integer(out, value);
  }
  put_rdb_bytes(out, text);
}

std::uint64_t read_rdb_length(ByteReader& reader) {
  const auto first = reader.fixed<std::uint8_t>();
  return length_from(first, reader);
}

RdbString read_rdb_string(ByteReader& reader) {
  RdbString string;
  const auto first = reader.fixed<std::uint8_t>();
  string.kind = RdbString::Kind::kInteger;
  if (first == kInt8) {
    string.integer = reader.fixed<std::int8_t>();
  } else if (first == kInt16) {
    string.integer = reader.fixed<std::int16_t>();
  } else if (first == kInt32) {
    string.integer = reader.fixed<std::int32_t>();
  } else if (first == kPacked) {
    string.kind = RdbString::Kind::kPacked;
    const std::uint64_t size = read_rdb_length(reader);
    string.packed_size = read_rdb_length(reader);
    string.bytes = reader.take(size);
  } else {
    string.kind = RdbString::Kind::kBytes;
    string.bytes = reader.take(length_from(first, reader));
  }
  return string;
}

}  // namespace terrace::storage
