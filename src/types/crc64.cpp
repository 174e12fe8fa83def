#include "src/types/crc64.h"

#include <array>
#include <cstring>

namespace terrace::types {
namespace {

constexpr std::uint64_t kPolynomial = 0x95AC9329AC4BC9B5ull;  // 0xAD93D23594C935A9 with its bits reversed
constexpr unsigned kAtOnce = 8;

using Tables = std::array<std::array<std::uint64_t, 256>, kAtOnce>;

// tables[n][b]: the contribution of byte b when n further bytes follow it.
constexpr Tables make_tables() {
  Tables tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (unsigned bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (unsigned n = 1; n < kAtOnce; ++n) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      tables[n][byte] = tables[n - 1][byte] >> 8 ^ tables[0][tables[n - 1][byte] & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

std::uint64_t crc64(std::string_view bytes) {
  std::uint64_t crc = 0;
  for (; bytes.size() >= kAtOnce; bytes.remove_prefix(kAtOnce)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    word ^= crc;
    crc = 0;
    for (unsigned i = 0; i < kAtOnce; ++i) crc ^= kTables[kAtOnce - 1 - i][word >> (8 * i) & 0xFF];
  }
  for (const char c : bytes) crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<std::uint8_t>(c)) & 0xFF];
  return crc;
}

}  // namespace terrace::types
