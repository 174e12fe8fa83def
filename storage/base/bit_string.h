// BitWriter, BitReader: numbers of up to 56 bits, packed one behind the other. A number's lowest bit comes first, and a
// byte is filled from its lowest bit.
// Ownership: borrow their bytes.
// Thread: any.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace terrace::storage {

// The number of bits that hold every number up to `largest`.
constexpr unsigned bits_for(std::uint64_t largest) {
  return static_cast<unsigned>(std::bit_width(largest));
}

class BitWriter {
 public:
  explicit BitWriter(std::string& out) : out_(out) {}

  // `number` must fit `width` bits.
  void put(std::uint64_t number, unsigned width) {
    pending_ |= number << filled_;
    filled_ += width;
    for (; filled_ >= 8; filled_ -= 8, pending_ >>= 8) out_.push_back(static_cast<char>(pending_));
  }
  // `number` ones, and a zero.
  void put_unary(std::uint64_t number) {
    for (; number >= kRun; number -= kRun) put((std::uint64_t{1} << kRun) - 1, kRun);
    put((std::uint64_t{1} << number) - 1, static_cast<unsigned>(number) + 1);
  }
  // Fills the last byte with zeros.
  void finish() {
    if (filled_ > 0) put(0, 8 - filled_);
  }

 private:
  static constexpr unsigned kRun = 32;

  std::string& out_;
  std::uint64_t pending_ = 0;
  unsigned filled_ = 0;  // bits of `pending_`, less than 8 between calls
};

// After a read past the end, every read returns zeros and ok() is false.
class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  // Nothing is left but the zeros that pad the last byte.
  bool at_end() const { return ok_ && next_ == bytes_.size() && filled_ < 8 && pending_ == 0; }
  std::uint64_t get(unsigned width) {
    fill();
    if (filled_ < width) return fail();
    const std::uint64_t number = pending_ & ((std::uint64_t{1} << width) - 1);
    drop(width);
    return number;
  }
  std::uint64_t get_unary() {
    std::uint64_t number = 0;
    for (;;) {
      fill();
      if (filled_ == 0) return fail();
      const unsigned ones = std::min(static_cast<unsigned>(std::countr_one(pending_)), filled_);
      drop(ones);
      number += ones;
      if (filled_ == 0) continue;
      drop(1);
      return number;
    }
  }

 private:
  // Loads at least 57 bits, while that many are left.
  void fill() {
    while (filled_ <= 56 && next_ < bytes_.size()) {
      pending_ |= std::uint64_t{static_cast<unsigned char>(bytes_[next_++])} << filled_;
      filled_ += 8;
    }
  }
  void drop(unsigned width) {
    pending_ = width < 64 ? pending_ >> width : 0;
    filled_ -= width;
  }
  std::uint64_t fail() {
    ok_ = false;
    next_ = bytes_.size();
    pending_ = filled_ = 0;
    return 0;
  }

  std::string_view bytes_;
  std::size_t next_ = 0;
  std::uint64_t pending_ = 0;
  unsigned filled_ = 0;
  bool ok_ = true;
};

}  // namespace terrace::storage
