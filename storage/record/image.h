// RecordImage: a record as bytes on disk.
//
//   varint database | u8 type:4 encoding:4 | u8 flags (1: expiry, 2: parts expire) | [i64 expiry] |
//   [i64 soonest expiry of a part] | varint log position | varint key size | key | value image
//
// The value image is the value in Redis' RDB encoding, without RDB's type byte, which type and encoding imply. It is
// one RDB string (rdb_string.h) of the value's bytes; for kInteger of the number; for kTimedListpack of the listpack.
// For kObject it is what Object::encode() appends. The page that holds images has their checksum.
// Thread: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "io/result.h"
#include "storage/record/record.h"

namespace terrace::storage {

// A parsed image; its views point into the parsed bytes.
struct ImageView {
  std::uint32_t database = 0;
  ValueType type = ValueType::kString;
  Encoding encoding = Encoding::kRaw;
  std::int64_t expiry_ms = kNoExpiry;
  std::int64_t parts_expiry_ms = kNoExpiry;  // the soonest
  std::uint64_t log_position = 0;
  std::string_view key;
  std::string_view value;  // the value image

  std::int64_t due_ms() const { return sooner(expiry_ms, parts_expiry_ms); }
  Expires expires() const { return {.whole = expiry_ms != kNoExpiry, .parts = parts_expiry_ms != kNoExpiry}; }
};

// Appends the image of `record` at log position `log_position`.
void encode_image(std::string& out, const Record& record, std::uint32_t database, std::uint64_t log_position);
// The same without the value image, which is the last part.
void encode_image_head(std::string& out, const Record& record, std::uint32_t database, std::uint64_t log_position);
// An upper bound of what encode_image appends.
std::size_t image_size_bound(const Record& record);
// Checks everything but the value image.
Result<ImageView> parse_image(std::string_view bytes);
// Decodes the record. Checks the value image, except the inside of bytes that this floor only carries. Without a
// decoder, an object is an error.
Result<RecordPointer> decode_image(const ImageView& image, const ObjectDecoder* decoder);
// A record with the name, type and times of this image, and without its value: the beginning of an image suffices.
RecordPointer decode_head(const ImageView& image);
// The record whose image has this head, with the object that was built from the rest.
Result<RecordPointer> make_object_record(const ImageView& head, ObjectPointer object);
// Appends the value image alone.
void encode_value(std::string& out, const Record& record);

}  // namespace terrace::storage
