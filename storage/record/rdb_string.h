// RDB strings: lengths and strings as Redis' RDB format writes them; value images consist of them.
//
//   length: 00xxxxxx | 01xxxxxx xxxxxxxx | 0x80 u32 | 0x81 u64, big-endian
//   string: length, bytes | 0xC0 i8 | 0xC1 i16 | 0xC2 i32 | 0xC3 length of packed, length of text, LZF-packed bytes
//
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/base/varint.h"

namespace terrace::storage {

void put_rdb_length(std::string& out, std::uint64_t length);
// In 8, 16 or 32 bits, or as digits if it needs more.
void put_rdb_integer(std::string& out, std::int64_t value);
// The bytes unchanged.
void put_rdb_bytes(std::string& out, std::string_view bytes);
// A text that is exactly an integer's digits as an integer, any other unchanged.
void put_rdb_string(std::string& out, std::string_view text);

inline constexpr std::size_t kMaxRdbLength = 9;

struct RdbString {
  enum class Kind : std::uint8_t { kBytes, kInteger, kPacked } kind = Kind::kBytes;
  std::int64_t integer = 0;
  std::string_view bytes;         // kBytes: the text; kPacked: LZF-compressed
  std::uint64_t packed_size = 0;  // kPacked: size of the unpacked text
};

// If the bytes do not begin with one, the reader fails.
std::uint64_t read_rdb_length(ByteReader& reader);
RdbString read_rdb_string(ByteReader& reader);

}  // namespace terrace::storage
