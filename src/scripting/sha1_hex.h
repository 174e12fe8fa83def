// Sha1Hex: the 40 digits by which clients name a script.
// Thread: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "src/types/sha1.h"

namespace terrace {

class Sha1Hex {
 public:
  explicit Sha1Hex(std::string_view bytes) {
    const types::Sha1 sum = types::sha1(bytes);
    for (std::size_t i = 0; i < sum.size(); ++i) {
      digits_[2 * i] = "0123456789abcdef"[sum[i] >> 4];
      digits_[2 * i + 1] = "0123456789abcdef"[sum[i] & 15];
    }
  }
  std::string_view view() const { return {digits_.data(), digits_.size()}; }

 private:
  std::array<char, 2 * std::tuple_size_v<types::Sha1>> digits_{};
};

}  // namespace terrace
