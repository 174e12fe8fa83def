#include "storage/record/record.h"

#include <algorithm>

#include "storage/memory/allocation.h"

namespace terrace::storage {

Record* Record::create(std::string_view key, const Shape& shape, std::size_t slack) {
  const bool wide_value = shape.value_size >= kWide;
  const bool wide_key = key.size() >= kWide;
  const std::size_t key_offset =
      sizeof(Record) + (shape.has_expiry ? 8 : 0) + (wide_value ? 4 : 0) + (wide_key ? 4 : 0);
  Record* record = ::new (allocate(key_offset + key.size() + shape.value_size + slack)) Record;
  record->set_kind(shape.type, shape.encoding);
  record->set_field(kKeySizeShift, kSizeBits, std::min<std::uint64_t>(key.size(), kWide));
  record->set_field(kValueSizeShift, kSizeBits, std::min(shape.value_size, kWide));
  if (shape.has_expiry) {
    record->set(kHasExpiry);
    record->store_expiry(kNoExpiry);
  }
  if (wide_value) record->store(record->value_size_offset(), shape.value_size);
  if (wide_key) record->store(record->key_size_offset(), static_cast<std::uint32_t>(key.size()));
  std::memcpy(reinterpret_cast<char*>(record) + key_offset, key.data(), key.size());
  return record;
}

void Record::destroy(Record* record) {
  if (!record) return;
  record->take_object();
  release(record);
}

bool Record::resize_in_place(std::uint32_t value_size) {
  if (key_offset() + key_size() + value_size > usable_size(this)) return false;
  if (wide_value()) {
    store(value_size_offset(), value_size);
    return true;
  }
  if (value_size >= kWide) return false;
  set_field(kValueSizeShift, kSizeBits, value_size);
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
