// Key: a key's name with its hash, computed once per command.
// Thread: a plain value.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace terrace::storage {

struct Key {
  Key() = default;
  explicit Key(std::string_view key_name) : name(key_name), hash(XXH3_64bits(key_name.data(), key_name.size())) {}
  // Independent of `hash`. Both together identify the name where an image is resolved without comparing names.
  std::uint64_t second_hash() const { return XXH3_64bits_withSeed(name.data(), name.size(), kSecondSeed); }

  std::string_view name;
  std::uint64_t hash = 0;

 private:
  static constexpr std::uint64_t kSecondSeed = 0x9E3779B97F4A7C15ull;
};

}  // namespace terrace::storage
