// Subsequence: the longest common subsequence of two texts, for LCS: among several, the one that Redis chooses. Takes
// one bit of memory for each pair of bytes.
// Ownership: borrows the texts.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace terrace::types {

// A run of bytes that both texts have; both ends included.
struct CommonRange {
  std::uint32_t first_a, last_a;
  std::uint32_t first_b, last_b;
  std::uint32_t size() const { return last_a - first_a + 1; }
};

class Subsequence {
 public:
  Subsequence(std::string_view a, std::string_view b);

  std::uint32_t size() const { return size_; }
  std::string text() const;
  // From the end of the texts to the front.
  std::vector<CommonRange> ranges() const;

 private:
  // Calls `visit(i, j)` for each pair of matching bytes, the last first.
  template <typename Visit>
  void walk_back(const Visit& visit) const;
  bool shorter_a(std::size_t i, std::size_t j) const { return shorten_a_[(i - 1) * b_.size() + (j - 1)]; }

  std::string_view a_;
  std::string_view b_;
  // For the first i bytes of a and j bytes of b (from 1): whether the way back skips a's last byte, not b's.
  std::vector<bool> shorten_a_;
  std::uint32_t size_ = 0;
};

}  // namespace terrace::types
