// IndexEntry: the 8 bytes that the index holds of one key, with the part of the key's hash that fits.
//
//   bit 0       0: hot, 1: cold, overwritten or witness
//   bits 1-2    access count, for the eviction clock
//   bit 3       has an expiry
//   bits 4-17   bits 8-21 of the key's hash (the table's splits consume them in order)
//
//               hot               cold                overwritten         witness
//   bit 18      parts expire      type                15                  14
//   bits 19-20  address           type                "                   "
//   bit 21      address           parts expire        "                   "
//   bits 22-63  address           location            location            second hash
//
//   address:      the Record's address / 8
//   type:         the value's type, bits 18-20
//   location:     the Location of the record's image
//   second hash:  42 bits of the second hash (Key::second_hash) of the key that was written
//
// An overwritten entry is a cold entry at which a key was written without reading whose image lies there; the written
// key has the same hash as far as an entry holds it. The image is the written key's old one, and dead, or, about once
// in 10^5, another key's. The witness tells which, for a given name of the image or of the key that is looked up: 80
// bits of independent hashes show that two names are the same. All overwritten entries of one hash have one witness.
//
// A bucket holds bits 22-37 of the hash beside each entry, as its tag. Bucket number, entry and tag together are the
// low 38 bits of the hash: enough to grow to 2^30 buckets without reading a key.
// Thread: a plain value.
#pragma once

#include <cstdint>

#include "storage/record/record.h"

namespace terrace::storage {

class IndexEntry {
 public:
  static constexpr unsigned kBaseLevel = 8;  // bits of the hash that the smallest table consumes
  static constexpr unsigned kHashBits = 14;  // bits of the hash in an entry
  static constexpr unsigned kTagBits = 16;
  static constexpr unsigned kTagShift = kBaseLevel + kHashBits;
  static constexpr unsigned kKnownHashBits = kTagShift + kTagBits;
  static constexpr std::uint64_t kKnownHashMask = (std::uint64_t{1} << kKnownHashBits) - 1;
  static constexpr unsigned kMaxAccessCount = 3;

  constexpr IndexEntry() = default;
  // Does not ask the record whether parts of it expire: its value may not be there yet.
  static IndexEntry hot(const Record* record, std::uint64_t hash) {
    return IndexEntry((reinterpret_cast<std::uint64_t>(record) >> 3 << kAddressShift) | hash_field(hash) |
                      (record->expiry_ms() != kNoExpiry ? kExpiryBit : 0));
  }
  static constexpr IndexEntry cold(Location location, ValueType type, Expires expires, std::uint64_t hash) {
    return IndexEntry(kColdBit | (expires.whole ? kExpiryBit : 0) | (expires.parts ? kColdPartsBit : 0) |
                      hash_field(hash) | (static_cast<std::uint64_t>(type) << kTypeShift) |
                      (location.bits() << kLocationShift));
  }
  static constexpr IndexEntry overwritten(Location location, std::uint64_t hash) {
    return cold(location, static_cast<ValueType>(kOverwrittenType), {}, hash);
  }
  // `second_hash`: see Key::second_hash.
  static constexpr IndexEntry witness(std::uint64_t second_hash, std::uint64_t hash) {
    return cold(Location::from_bits(second_hash & kWitnessMask), static_cast<ValueType>(kWitnessType), {}, hash);
  }
  static constexpr IndexEntry from_bits(std::uint64_t bits) { return IndexEntry(bits); }
  // Everything but hash and location, and an entry made of it again.
  constexpr std::uint8_t form() const {
    return static_cast<std::uint8_t>((bits_ & kLowFormMask) | type_bits() << kHashFieldShift);
  }
  static constexpr IndexEntry from_form(std::uint8_t form, Location location, std::uint64_t hash) {
    return IndexEntry((form & kLowFormMask) | hash_field(hash) |
                      (std::uint64_t{form} >> kHashFieldShift << kTypeShift) | (location.bits() << kLocationShift));
  }
  static constexpr std::uint16_t tag_of(std::uint64_t hash) { return static_cast<std::uint16_t>(hash >> kTagShift); }

  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool empty() const { return bits_ == 0; }
  // An entry that is not empty is exactly one of these four.
  constexpr bool is_hot() const { return (bits_ & kColdBit) == 0; }
  constexpr bool is_cold() const { return (bits_ & kColdBit) != 0 && type_bits() < kWitnessType; }
  constexpr bool is_overwritten() const { return (bits_ & kColdBit) != 0 && type_bits() == kOverwrittenType; }
  constexpr bool is_witness() const { return (bits_ & kColdBit) != 0 && type_bits() == kWitnessType; }
  constexpr bool has_expiry() const { return (bits_ & kExpiryBit) != 0; }
  constexpr bool parts_expire() const {
    return is_hot() ? (bits_ & kHotPartsBit) != 0 : is_cold() && (bits_ & kColdPartsBit) != 0;
  }
  constexpr Expires expires() const { return {.whole = has_expiry(), .parts = parts_expire()}; }
  constexpr void set_hot_parts_expire(bool expire) { bits_ = (bits_ & ~kHotPartsBit) | (expire ? kHotPartsBit : 0); }
  constexpr bool matches(std::uint64_t hash) const { return (bits_ & kHashFieldMask) == hash_field(hash); }

  Record* record() const { return reinterpret_cast<Record*>(bits_ >> kAddressShift << 3); }
  constexpr Location location() const { return Location::from_bits(bits_ >> kLocationShift); }
  constexpr ValueType type() const { return static_cast<ValueType>(type_bits() & (kPartsFlag - 1)); }  // is_cold()
  constexpr bool witnesses(std::uint64_t second_hash) const {
    return location().bits() == (second_hash & kWitnessMask);
  }

  constexpr unsigned access_count() const { return (bits_ >> kAccessShift) & kMaxAccessCount; }
  constexpr void set_access_count(unsigned count) {
    bits_ = (bits_ & ~(std::uint64_t{kMaxAccessCount} << kAccessShift)) | (std::uint64_t{count} << kAccessShift);
  }

  // The low 38 bits of the hash, from all that the index holds of it. `bucket` gives the bits below kBaseLevel.
  constexpr std::uint64_t known_hash(std::uint32_t bucket, std::uint16_t tag) const {
    return (bucket & ((1u << kBaseLevel) - 1)) | ((bits_ & kHashFieldMask) >> kHashFieldShift << kBaseLevel) |
           (std::uint64_t{tag} << kTagShift);
  }

 private:
  static constexpr std::uint64_t kColdBit = 1;
  static constexpr unsigned kAccessShift = 1;
  static constexpr std::uint64_t kExpiryBit = 8;
  static constexpr unsigned kHashFieldShift = 4;
  static constexpr std::uint64_t kHashFieldMask = ((std::uint64_t{1} << kHashBits) - 1) << kHashFieldShift;
  static constexpr std::uint64_t kLowFormMask = (1u << kHashFieldShift) - 1;
  static constexpr unsigned kTypeShift = kHashFieldShift + kHashBits;
  static constexpr unsigned kPartsFlag = 8;  // beside a type
  static constexpr std::uint64_t kHotPartsBit = std::uint64_t{1} << kTypeShift;
  static constexpr std::uint64_t kColdPartsBit = std::uint64_t{kPartsFlag} << kTypeShift;
  static constexpr unsigned kWitnessType = 14;
  static constexpr unsigned kOverwrittenType = 15;
  static constexpr unsigned kLocationShift = kTypeShift + 4;
  static constexpr std::uint64_t kWitnessMask = ~std::uint64_t{0} >> kLocationShift;
  static constexpr unsigned kAddressShift = kTypeShift + 1;
  static_assert((static_cast<unsigned>(ValueType::kHash) | kPartsFlag) < kWitnessType, "of those whose parts expire");
  static_assert(kLocationShift + kSegmentBits + kPageBits + kSlotBits == 64);

  constexpr explicit IndexEntry(std::uint64_t bits) : bits_(bits) {}
  constexpr unsigned type_bits() const { return (bits_ >> kTypeShift) & 15; }
  static constexpr std::uint64_t hash_field(std::uint64_t hash) {
    return (hash >> kBaseLevel << kHashFieldShift) & kHashFieldMask;
  }

  std::uint64_t bits_ = 0;
};

static_assert(sizeof(IndexEntry) == 8);

}  // namespace terrace::storage
