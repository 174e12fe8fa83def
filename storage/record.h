// Record: one key with its value in memory, in one allocation:
//
//   | value_size u32 | key_size u16 | type:4 encoding:4 | flags u8 | location u64 | [expiry i64] | [key_size u32] |
//   | key bytes | value bytes |
//
// The bracketed fields are there only when their flag is set. The location always is: sooner or later every record is
// written, and to move it then would leave holes of the smaller size behind.
// Ownership: the index owns hot records; Residents own transient copies. A change of size or of the optional fields
// may move the record, which is why only Database makes such changes. Thread: the reactor's.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "storage/location.h"
#include "storage/object.h"

namespace terrace::storage {

// Redis' object types, in the numbers of RDB's header-independent order. The storage floor only carries them.
enum class ValueType : std::uint8_t {
  kString = 0,
  kList = 1,
  kSet = 2,
  kSortedSet = 3,
  kHash = 4,
  kModule = 5,
  kStream = 6
};

// How a value's bytes are to be read; numbers stand on disk, so they are never reused. This floor tells apart only
// kInteger, kObject and the others, whose bytes it carries as they are.
enum class Encoding : std::uint8_t {
  kRaw = 0,       // a string's bytes; OBJECT ENCODING says "raw"
  kEmbedded = 1,  // a string's bytes, at most 44; "embstr"
  kInteger = 2,   // a string: 8 bytes, a little-endian int64; "int"
  kListpack = 3,  // a small collection as one listpack
  kIntset = 4,    // a small set of integers
  kObject = 5,    // a large collection: a pointer to the Object that the record owns
};

inline constexpr std::int64_t kNoExpiry = -1;  // as Redis' own "no TTL"; expiries are Unix milliseconds

class Record {
 public:
  enum Flag : std::uint8_t {
    kHasExpiry = 2,
    kLongKey = 4,
    kWriting = 8,     // an image of exactly this state is on its way to disk; `location` holds the writer's ticket
    kEvicting = 16,   // with kWriting: becomes cold when that image is durable enough to be read
    kTransient = 32,  // not in the index: decoded for one command, owned by Residents
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
  // Bytes the allocator really gave, for the record and its object.
  static std::size_t footprint(const Record* record);
  // Of that, for the record alone.
  static std::size_t own_footprint(const Record* record);
  // Changes the value's size within the allocation; false if it does not fit.
  bool resize_in_place(std::uint32_t value_size);

  ValueType type() const { return static_cast<ValueType>(type_encoding_ >> 4); }
  Encoding encoding() const { return static_cast<Encoding>(type_encoding_ & 15); }
  void set_kind(ValueType type, Encoding encoding) {
    type_encoding_ = static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | static_cast<unsigned>(encoding));
  }

  bool has(Flag flag) const { return (flags_ & flag) != 0; }
  void set(Flag flag) { flags_ |= flag; }
  void clear(Flag flag) { flags_ &= static_cast<std::uint8_t>(~flag); }

  std::string_view key() const { return {reinterpret_cast<const char*>(this) + key_offset(), key_size()}; }
  std::uint32_t value_size() const { return value_size_; }
  char* value() { return reinterpret_cast<char*>(this) + key_offset() + key_size(); }
  const char* value() const { return const_cast<Record*>(this)->value(); }
  std::string_view bytes() const { return {value(), value_size_}; }

  // The large value, nullptr if the value is the record's own bytes.
  Object* object() const {
    if (encoding() != Encoding::kObject) return nullptr;
    Object* object;
    std::memcpy(&object, value(), sizeof object);
    return object;
  }

  std::int64_t expiry_ms() const { return has(kHasExpiry) ? load<std::int64_t>(expiry_offset()) : kNoExpiry; }
  // Of the clean image; with kWriting the writer's ticket instead.
  Location location() const { return Location::from_bits(location_); }
  // The image on disk equals the record.
  bool clean() const { return !has(kWriting) && location(); }

 private:
  static constexpr std::size_t expiry_offset() { return sizeof(Record); }
  std::size_t long_key_offset() const { return expiry_offset() + (has(kHasExpiry) ? 8 : 0); }
  std::size_t key_offset() const { return long_key_offset() + (has(kLongKey) ? 4 : 0); }
  std::size_t key_size() const { return has(kLongKey) ? load<std::uint32_t>(long_key_offset()) : key_size_; }

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

 public:
  // The field must be there (see Shape); Database adds it where it is not.
  void store_expiry(std::int64_t expiry_ms) { store(expiry_offset(), expiry_ms); }
  void store_location(Location location) { location_ = location.bits(); }
  // The value must have sizeof(Object*) bytes; it belongs to the record from now on.
  void store_object(ObjectPointer object) {
    Object* pointer = object.release();
    std::memcpy(value(), &pointer, sizeof pointer);
    set_kind(type(), Encoding::kObject);
  }
  // Gives up the object; the record's value is its bytes again, of no meaning.
  ObjectPointer take_object() {
    ObjectPointer pointer(object());
    if (pointer) set_kind(type(), Encoding::kRaw);
    return pointer;
  }

 private:
  std::uint32_t value_size_;
  std::uint16_t key_size_;
  std::uint8_t type_encoding_;
  std::uint8_t flags_;
  std::uint64_t location_;
};

static_assert(sizeof(Record) == 16);

struct RecordDeleter {
  void operator()(Record* record) const { Record::destroy(record); }
};
using RecordPointer = std::unique_ptr<Record, RecordDeleter>;

}  // namespace terrace::storage
