// Intset: Redis' packing of a set of integers, bit for bit as in RDB files:
//
//   | bytes of an integer u32: 2, 4 or 8 | integers u32 | integers, little-endian, ascending |
//
// All integers have the width that the widest one ever added needed.
//
// Intset reads bytes that were made here or validated; IntsetEditor changes them.
// Ownership: borrows the bytes.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace terrace::types {

class Intset {
 public:
  static constexpr std::size_t kHeaderSize = 8;

  explicit Intset(std::string_view bytes) : bytes_(bytes) {}
  // Validates bytes from outside in every detail.
  static bool valid(std::string_view bytes);
  static std::string_view empty();
  static unsigned width_for(std::int64_t number);

  unsigned width() const { return load<std::uint32_t>(0); }
  std::size_t size() const { return load<std::uint32_t>(sizeof(std::uint32_t)); }
  std::int64_t at(std::size_t index) const { return at(index, width()); }
  // The first index whose integer is not below `number`; size() if all are.
  std::size_t lower_bound(std::int64_t number) const;
  bool holds(std::size_t index, std::int64_t number) const { return index < size() && at(index) == number; }
  bool contains(std::int64_t number) const { return holds(lower_bound(number), number); }

 private:
  template <typename T>
  T load(std::size_t place) const {
    T value;
    std::memcpy(&value, bytes_.data() + place, sizeof value);
    return value;
  }
  std::int64_t at(std::size_t index, unsigned width) const {
    const std::size_t place = kHeaderSize + index * width;
    if (width == sizeof(std::int16_t)) return load<std::int16_t>(place);
    return width == sizeof(std::int32_t) ? load<std::int32_t>(place) : load<std::int64_t>(place);
  }

  std::string_view bytes_;
};

// `Bytes` as for ListpackEditor (listpack.h).
template <typename Bytes>
class IntsetEditor {
 public:
  explicit IntsetEditor(Bytes& bytes) : bytes_(bytes) {}

  Intset view() const { return Intset({bytes_.data(), bytes_.size()}); }
  // False if the number is there already.
  bool add(std::int64_t number) {
    const std::size_t place = view().lower_bound(number);
    if (view().holds(place, number)) return false;
    if (Intset::width_for(number) > view().width()) widen(Intset::width_for(number));
    const std::size_t width = view().width(), at = Intset::kHeaderSize + place * width, old_size = bytes_.size();
    bytes_.resize(old_size + width);
    std::memmove(bytes_.data() + at + width, bytes_.data() + at, old_size - at);
    std::memcpy(bytes_.data() + at, &number, width);
    put_header(width, view().size() + 1);
    return true;
  }
  bool erase(std::int64_t number) {
    const std::size_t place = view().lower_bound(number);
    if (!view().holds(place, number)) return false;
    const std::size_t width = view().width(), at = Intset::kHeaderSize + place * width;
    std::memmove(bytes_.data() + at, bytes_.data() + at + width, bytes_.size() - at - width);
    const std::size_t count = view().size() - 1;
    put_header(width, count);
    bytes_.resize(Intset::kHeaderSize + count * width);
    return true;
  }

 private:
  void widen(unsigned width) {
    const std::size_t count = view().size();
    bytes_.resize(Intset::kHeaderSize + count * width);
    // From the last to the first, because they move to higher places.
    for (std::size_t i = count; i-- > 0;) {
      const std::int64_t number = view().at(i);
      std::memcpy(bytes_.data() + Intset::kHeaderSize + i * width, &number, width);
    }
    put_header(width, count);
  }
  void put_header(std::size_t width, std::size_t count) {
    const std::uint32_t header[] = {static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(count)};
    static_assert(sizeof header == Intset::kHeaderSize);
    std::memcpy(bytes_.data(), header, sizeof header);
  }

  Bytes& bytes_;
};

}  // namespace terrace::types
