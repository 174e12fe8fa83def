// Passwords are kept as SHA-256 in hexadecimal digits, never in clear.
// Ownership: no state. Thread: any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace terrace::acl {

inline constexpr std::size_t kHashDigits = 64;

std::string hash_of(std::string_view password);
// 64 hexadecimal digits in lower case.
bool is_hash(std::string_view text);
// In constant time: the duration does not tell where the difference is.
bool equal_hashes(std::string_view one, std::string_view other);
// Hexadecimal digits that nobody can foretell.
std::string random_digits(std::size_t count);

}  // namespace terrace::acl
