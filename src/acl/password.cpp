#include "src/acl/password.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <vector>

#include "io/result.h"

namespace terrace::acl {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

std::string digits_of(const unsigned char* bytes, std::size_t count) {
  std::string text;
  text.reserve(count * 2);
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

}  // namespace

std::string hash_of(std::string_view password) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest);
  return digits_of(digest, sizeof digest);
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool equal_hashes(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::string random_digits(std::size_t count) {
  std::vector<unsigned char> bytes((count + 1) / 2);
  TERRACE_CHECK(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
  return digits_of(bytes.data(), bytes.size()).substr(0, count);
}

}  // namespace terrace::acl
