// Record: one key with its value in memory, in one allocation:
//
//   | header u64 | [expiry i64] | [value size u32] | [key size u32] | key bytes | value bytes |
//
//   header: bits 0-41   location of the clean image, or another meaning, see location()
//           bits 42-44  flags
//           bits 45-47  type
//           bits 48-51  encoding
//           bits 52-57  key size    63: the field "key size" has it
//           bits 58-63  value size  63: the field "value size" has it
//
// The header tells which of the fields in brackets exist. The location always has its place: sooner or later every
// record is written, and moving it then would leave holes of the smaller size in the heap.
// Ownership: the index owns hot records; FetchedRecords own transient copies. A change of size or of the optional
// fields may move the record, so only Database makes such changes.
// Thread: the reactor's.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "storage/base/expiry.h"
#include "storage/base/location.h"
#include "storage/record/object.h"

namespace terrace::storage {

// Redis' object types, with the numbers that RDB has for them. The storage floor only carries them.
enum class ValueType : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kModule = 5,
  kStream = 6
};

// How to read a value's bytes. The numbers are on disk, so they are never reused. This floor distinguishes only
// kInteger, kTimedListpack and kObject; it carries the bytes of all others unchanged.
enum class Encoding : std::uint8_t {
  kRaw = 0,       // a string's bytes; "raw" for OBJECT ENCODING
  kEmbedded = 1,  // a string's bytes, at most 44; "embstr"
  kInteger = 2,   // a string: 8 bytes, a little-endian int64; "int"
  kListpack = 3,  // a small collection as one listpack
  kIntset = 4,    // a small set of integers
  kObject = 5,    // a large collection: a pointer to the Object that the record owns
  kTimedListpack =
      6,  // a small collection whose parts may expire: the soonest of their times, 8 bytes, then a listpack
};

class Record {
 public:
  enum Flag : std::uint8_t {
    kHasExpiry = 1,
    kWriting = 2,   // an image of exactly this state is being written; `location` is the writer's ticket
    kEvicting = 4,  // with kWriting: becomes cold when that image can be read
  };

  struct Shape {
    ValueType type;
    Encoding encoding;
    std::uint32_t value_size;
    bool has_expiry = false;
  };

  // Allocates; value bytes are uninitialised, location nowhere, expiry kNoExpiry. `slack`: further bytes to allocate.
  static Record* create(std::string_view key, const Shape& shape, std::size_t slack = 0);
  static void destroy(Record* record);
  // Bytes that the allocator really gave for the record and its object.
  static std::size_t footprint(const Record* record);
  // The part of it for the record alone.
  static std::size_t own_footprint(const Record* record);
  // Changes the value's size within the allocation. False: the allocation, or the field of the size, is too small.
  bool resize_in_place(std::uint32_t value_size);

  ValueType type() const { return static_cast<ValueType>(field(kTypeShift, kTypeBits)); }
  Encoding encoding() const { return static_cast<Encoding>(field(kEncodingShift, kEncodingBits)); }
  void set_kind(ValueType type, Encoding encoding) {
    set_field(kTypeShift, kTypeBits, static_cast<std::uint64_t>(type));
    set_field(kEncodingShift, kEncodingBits, static_cast<std::uint64_t>(encoding));
  }

  bool has(Flag flag) const { return (header_ >> kFlagShift & flag) != 0; }
  void set(Flag flag) { header_ |= std::uint64_t{flag} << kFlagShift; }
  void clear(Flag flag) { header_ &= ~(std::uint64_t{flag} << kFlagShift); }

  std::string_view key() const { return {reinterpret_cast<const char*>(this) + key_offset(), key_size()}; }
  std::uint32_t value_size() const {
    return wide_value() ? load<std::uint32_t>(value_size_offset())
                        : static_cast<std::uint32_t>(header_ >> kValueSizeShift);
  }
  char* value() { return reinterpret_cast<char*>(this) + key_offset() + key_size(); }
  const char* value() const { return const_cast<Record*>(this)->value(); }
  std::string_view bytes() const { return {value(), value_size()}; }

  // The large value; nullptr if the value is the record's own bytes.
  Object* object() const {
    if (encoding() != Encoding::kObject) return nullptr;
    Object* object;
    std::memcpy(&object, value(), sizeof(void*));
    return object;
  }

  std::int64_t expiry_ms() const { return has(kHasExpiry) ? load<std::int64_t>(expiry_offset()) : kNoExpiry; }
  bool expired(std::int64_t now_ms) const {
    if (!has(kHasExpiry)) return false;
    const std::int64_t due_ms = load<std::int64_t>(expiry_offset());
    return due_ms != kNoExpiry && due_ms < now_ms;
  }
  // The soonest time at which a part of the value expires; kNoExpiry if none does.
  std::int64_t parts_expiry_ms() const {
    if (encoding() == Encoding::kTimedListpack) {
      std::int64_t soonest_ms;
      std::memcpy(&soonest_ms, value(), sizeof soonest_ms);
      return soonest_ms;
    }
    const Object* large = object();
    return large ? large->parts_expiry_ms() : kNoExpiry;
  }
  // When the record or a part of it expires, whichever is sooner.
  std::int64_t due_ms() const { return sooner(expiry_ms(), parts_expiry_ms()); }
  Expires expires() const { return {.whole = expiry_ms() != kNoExpiry, .parts = parts_expiry_ms() != kNoExpiry}; }
  // Of the clean image. While kWriting is set: the writer's ticket.
  Location location() const { return Location::from_bits(location_bits()); }
  // The image on disk is the same as the record.
  bool clean() const { return !has(kWriting) && location_bits() > kTransient; }
  // Not in the index: decoded for one command, owned by FetchedRecords.
  bool transient() const { return !has(kWriting) && location_bits() == kTransient; }

  void mark_transient() { store_location(Location::from_bits(kTransient)); }
  // The expiry's field must exist (see Shape); Database adds it where it does not.
  void store_expiry(std::int64_t expiry_ms) { store(expiry_offset(), expiry_ms); }
  void store_location(Location location) { set_field(0, Location::kBits, location.bits()); }
  // The value must have sizeof(Object*) bytes. The record owns the object from now on.
  void store_object(ObjectPointer object) {
    Object* pointer = object.release();
    std::memcpy(value(), &pointer, sizeof(void*));
    set_kind(type(), Encoding::kObject);
  }
  // Gives up the object; the value's bytes are meaningless then.
  ObjectPointer take_object() {
    ObjectPointer pointer(object());
    if (pointer) set_kind(type(), Encoding::kRaw);
    return pointer;
  }

 private:
  static constexpr unsigned kFlagShift = Location::kBits;
  static constexpr unsigned kTypeShift = kFlagShift + 3;
  static constexpr unsigned kTypeBits = 3;
  static constexpr unsigned kEncodingShift = kTypeShift + kTypeBits;
  static constexpr unsigned kEncodingBits = 4;
  static constexpr unsigned kKeySizeShift = kEncodingShift + kEncodingBits;
  static constexpr unsigned kSizeBits = 6;
  static constexpr unsigned kValueSizeShift = kKeySizeShift + kSizeBits;
  static_assert(kValueSizeShift + kSizeBits == 64);
  static_assert(static_cast<unsigned>(ValueType::kStream) < 1u << kTypeBits);
  // Instead of a size: the size has a field.
  static constexpr std::uint32_t kWide = (1u << kSizeBits) - 1;
  // Instead of a location: no record has it, because page 0 of a segment is its header.
  static constexpr std::uint64_t kTransient = 1;

  std::uint64_t field(unsigned shift, unsigned bits) const {
    return header_ >> shift & ((std::uint64_t{1} << bits) - 1);
  }
  void set_field(unsigned shift, unsigned bits, std::uint64_t value) {
    header_ = (header_ & ~(((std::uint64_t{1} << bits) - 1) << shift)) | value << shift;
  }
  std::uint64_t location_bits() const { return field(0, Location::kBits); }
  bool wide_value() const { return header_ >> kValueSizeShift == kWide; }
  bool wide_key() const { return field(kKeySizeShift, kSizeBits) == kWide; }

  static constexpr std::size_t expiry_offset() { return sizeof(Record); }
  std::size_t value_size_offset() const { return expiry_offset() + (has(kHasExpiry) ? 8 : 0); }
  std::size_t key_size_offset() const { return value_size_offset() + (wide_value() ? 4 : 0); }
  std::size_t key_offset() const { return key_size_offset() + (wide_key() ? 4 : 0); }
  std::size_t key_size() const {
    const std::uint64_t size = field(kKeySizeShift, kSizeBits);
    return size == kWide ? load<std::uint32_t>(key_size_offset()) : size;
  }

  template <typename T>
  T load(std::size_t offset) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const char*>(this) + offset, sizeof value);
    return value;
  }
  template <typename T>
  void store(std::size_t offset, T value) {
    std::memcpy(reinterpret_cast<char*>(this) + offset, &value, sizeof value);
  }

  std::uint64_t header_ = 0;
};

static_assert(sizeof(Record) == 8);

struct RecordDeleter {
  void operator()(Record* record) const { Record::destroy(record); }
};
using RecordPointer = std::unique_ptr<Record, RecordDeleter>;

}  // namespace terrace::storage
