// Location: where a record lies on disk. A plain value of 42 bits; zero never names a record (page 0 of every segment
// is its header), so Location{} is "nowhere".
#pragma once

#include <cstdint>
#include <functional>

#include "storage/base/limits.h"

namespace terrace::storage {

class Location {
 public:
  static constexpr unsigned kBits = kSegmentBits + kPageBits + kSlotBits;

  constexpr Location() = default;
  constexpr Location(std::uint32_t segment, std::uint32_t page, std::uint32_t slot)
      : bits_((std::uint64_t{segment} << (kPageBits + kSlotBits)) | (std::uint64_t{page} << kSlotBits) | slot) {}
  static constexpr Location from_bits(std::uint64_t bits) {
    Location location;
    location.bits_ = bits;
    return location;
  }

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr std::uint32_t segment() const { return static_cast<std::uint32_t>(bits_ >> (kPageBits + kSlotBits)); }
  constexpr std::uint32_t page() const { return (bits_ >> kSlotBits) & ((1u << kPageBits) - 1); }
  constexpr std::uint32_t slot() const { return bits_ & ((1u << kSlotBits) - 1); }
  constexpr bool is_large() const { return slot() >= kFirstLargeSlot; }
  // Pages that a reader should read at once: 1 for a packed page; for a large record all of it, or the first 64.
  constexpr std::uint32_t read_pages() const { return is_large() ? slot() - kFirstLargeSlot + 1 : 1; }
  constexpr explicit operator bool() const { return bits_ != 0; }
  // The page that holds the record, whatever its slot: reads of records in the same page are merged by it.
  constexpr std::uint64_t page_bits() const { return bits_ >> kSlotBits; }

  friend constexpr bool operator==(Location, Location) = default;

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace terrace::storage

template <>
struct std::hash<terrace::storage::Location> {
  std::size_t operator()(terrace::storage::Location location) const noexcept {
    return location.bits() * 0x9E3779B97F4A7C15ull;
  }
};
