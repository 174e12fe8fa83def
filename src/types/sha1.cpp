#include "src/types/sha1.h"

#include <algorithm>
#include <bit>

namespace terrace::types {
namespace {

constexpr std::size_t kBlock = 64, kWord = 4;
using State = std::array<std::uint32_t, 5>;

void store_big(std::uint8_t* to, std::uint32_t word) {
  for (unsigned i = 0; i < kWord; ++i) to[i] = static_cast<std::uint8_t>(word >> (24 - 8 * i));
}

std::uint32_t load_big(const char* from) {
  std::uint32_t word = 0;
  for (unsigned i = 0; i < kWord; ++i) word = word << 8 | static_cast<std::uint8_t>(from[i]);
  return word;
}

void mix_block(State& state, const char* block) {
  std::uint32_t words[80];
  for (unsigned i = 0; i < 16; ++i) words[i] = load_big(block + i * kWord);
  for (unsigned i = 16; i < 80; ++i) {
    words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
  }
  auto [a, b, c, d, e] = state;
  for (unsigned i = 0; i < 80; ++i) {
    const std::uint32_t chosen = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999
                                 : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                                 : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                          : (b ^ c ^ d) + 0xCA62C1D6;
    const std::uint32_t next = std::rotl(a, 5) + chosen + e + words[i];
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  }
  const State mixed = {a, b, c, d, e};
  for (unsigned i = 0; i < state.size(); ++i) state[i] += mixed[i];
}

}  // namespace

Sha1 sha1(std::string_view bytes) {
  State state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (; bytes.size() >= kBlock; bytes.remove_prefix(kBlock)) mix_block(state, bytes.data());
  // The remaining bytes, a set bit, zeros, and the number of bits: one block or two.
  char tail[2 * kBlock] = {};
  std::copy(bytes.begin(), bytes.end(), tail);
  tail[bytes.size()] = static_cast<char>(0x80);
  const std::size_t tail_size = bytes.size() + 1 + sizeof bits <= kBlock ? kBlock : 2 * kBlock;
  for (unsigned i = 0; i < sizeof bits; ++i) tail[tail_size - 1 - i] = static_cast<char>(bits >> (8 * i));
  for (std::size_t at = 0; at < tail_size; at += kBlock) mix_block(state, tail + at);
  Sha1 digest;
  for (unsigned i = 0; i < state.size(); ++i) store_big(digest.data() + i * kWord, state[i]);
  return digest;
}

}  // namespace terrace::types
