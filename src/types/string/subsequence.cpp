#include "src/types/string/subsequence.h"

#include <algorithm>

namespace terrace::types {

Subsequence::Subsequence(std::string_view a, std::string_view b) : a_(a), b_(b), shorten_a_(a.size() * b.size()) {
  // best[j]: the length for the first i bytes of a (i - 1 before the inner loop reaches j) and the first j bytes of b.
  std::vector<std::uint32_t> best(b.size() + 1, 0);
  std::size_t bit = 0;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::uint32_t diagonal = 0;
    for (std::size_t j = 1; j <= b.size(); ++j, ++bit) {
      const std::uint32_t without_a = best[j];
      if (a[i - 1] == b[j - 1]) {
        best[j] = diagonal + 1;
      } else if (without_a > best[j - 1]) {
        shorten_a_[bit] = true;
      } else {
        best[j] = best[j - 1];
      }
      diagonal = without_a;
    }
  }
  size_ = best.back();
}

template <typename Visit>
void Subsequence::walk_back(const Visit& visit) const {
  std::size_t i = a_.size();
  std::size_t j = b_.size();
  while (i > 0 && j > 0) {
    if (a_[i - 1] == b_[j - 1]) {
      visit(--i, --j);
    } else if (shorter_a(i, j)) {
      --i;
    } else {
      --j;
    }
  }
}

std::string Subsequence::text() const {
  std::string text;
  text.reserve(size_);
  walk_back([&](std::size_t i, std::size_t) { text += a_[i]; });
  std::reverse(text.begin(), text.end());
  return text;
}

std::vector<CommonRange> Subsequence::ranges() const {
  std::vector<CommonRange> ranges;
  walk_back([&](std::size_t i, std::size_t j) {
    const auto at_a = static_cast<std::uint32_t>(i);
    const auto at_b = static_cast<std::uint32_t>(j);
    if (!ranges.empty() && ranges.back().first_a == at_a + 1 && ranges.back().first_b == at_b + 1) {
      ranges.back().first_a = at_a;
      ranges.back().first_b = at_b;
    } else {
      ranges.push_back({at_a, at_a, at_b, at_b});
    }
  });
  return ranges;
}

}  // namespace terrace::types
