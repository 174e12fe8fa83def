#include "src/types/encoding/intset.h"

#include <limits>

namespace terrace::types {
namespace {

template <typename T>
bool within(std::int64_t number) {
  return number >= std::numeric_limits<T>::min() && number <= std::numeric_limits<T>::max();
}

}  // namespace

std::string_view Intset::empty() {
  using namespace std::string_view_literals;
  return "\2\0\0\0\0\0\0\0"sv;
}

unsigned Intset::width_for(std::int64_t number) {
  if (within<std::int16_t>(number)) return sizeof(std::int16_t);
  return within<std::int32_t>(number) ? sizeof(std::int32_t) : sizeof(std::int64_t);
}

bool Intset::valid(std::string_view bytes) {
  if (bytes.size() < kHeaderSize) return false;
  const Intset intset(bytes);
  const unsigned width = intset.width();
  if (width != sizeof(std::int16_t) && width != sizeof(std::int32_t) && width != sizeof(std::int64_t)) return false;
  const std::size_t count = intset.size();
  if (bytes.size() != kHeaderSize + count * width) return false;
  for (std::size_t i = 1; i < count; ++i) {
    if (intset.at(i - 1) >= intset.at(i)) return false;
  }
  return true;
}

std::size_t Intset::lower_bound(std::int64_t number) const {
  const unsigned each = width();
  std::size_t first = 0, count = size();
  // Numbers are often added in ascending order.
  if (count == 0 || at(count - 1, each) < number) return count;
  while (count > 0) {
    const std::size_t half = count / 2;
    if (at(first + half, each) < number) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

}  // namespace terrace::types
