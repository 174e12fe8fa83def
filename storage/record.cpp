#include "storage/record.h"

#include "storage/allocation.h"

namespace terrace::storage {

namespace {

constexpr std::size_t kMaxShortKey = 0xFFFF;

}  // namespace

Record* Record::create(std::string_view key, const Shape& shape, std::size_t slack) {
  const bool long_key = key.size() > kMaxShortKey;
  const std::size_t size =
      sizeof(Record) + (shape.has_expiry ? 8 : 0) + (long_key ? 4 : 0) + key.size() + shape.value_size + slack;
  void* memory = allocate(size);
  Record* record = ::new (memory) Record;
  record->value_size_ = shape.value_size;
  record->key_size_ = long_key ? 0 : static_cast<std::uint16_t>(key.size());
  record->set_kind(shape.type, shape.encoding);
  record->flags_ = static_cast<std::uint8_t>((shape.has_expiry ? kHasExpiry : 0) | (long_key ? kLongKey : 0));
  record->store_location(Location{});
  if (shape.has_expiry) record->store_expiry(kNoExpiry);
  if (long_key) record->store(record->long_key_offset(), static_cast<std::uint32_t>(key.size()));
  std::memcpy(reinterpret_cast<char*>(record) + record->key_offset(), key.data(), key.size());
  return record;
}

void Record::destroy(Record* record) {
  if (!record) return;
  record->take_object();
  release(record);
}

bool Record::resize_in_place(std::uint32_t value_size) {
  if (key_offset() + key_size() + value_size > usable_size(this)) return false;
  value_size_ = value_size;
  return true;
}

std::size_t Record::footprint(const Record* record) {
  const Object* object = record->object();
  return usable_size(record) + (object ? object->footprint_bytes() : 0);
}

std::size_t Record::own_footprint(const Record* record) {
  return usable_size(record);
}

}  // namespace terrace::storage
