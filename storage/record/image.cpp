#include "storage/record/image.h"

#include <charconv>
#include <limits>

#include "storage/record/rdb_string.h"

namespace terrace::storage {

namespace {

constexpr std::uint8_t kImageHasExpiry = 1;
constexpr std::uint8_t kImagePartsExpire = 2;
// Of an image without its key and value.
constexpr std::size_t kMaxHeadSize = 64;

// The integer of a string stored as kInteger, which is written as digits if it needs more than 32 bits.
bool integer_of(const RdbString& string, std::int64_t& integer) {
  if (string.kind == RdbString::Kind::kInteger) {
    integer = string.integer;
    return true;
  }
  const char* end = string.bytes.data() + string.bytes.size();
  const auto [stop, error] = std::from_chars(string.bytes.data(), end, integer);
  return error == std::errc() && stop == end;
}

Error bad_image(const char* what) {
  return {ErrorCode::kCorrupt, std::string("record image: ") + what};
}

// Whether this floor can carry such a value's bytes.
bool known_kind(ValueType type, Encoding encoding) {
  if (type > ValueType::kStream) return false;
  const bool of_strings = encoding <= Encoding::kInteger;
  return type == ValueType::kString ? of_strings : !of_strings && encoding <= Encoding::kTimedListpack;
}

// The bytes before the listpack of a kTimedListpack.
constexpr std::size_t kTimeSize = sizeof(std::int64_t);

// The value's bytes must still be written, and its encoding set.
RecordPointer make_record(const ImageView& image, std::uint32_t value_size) {
  const Record::Shape shape{.type = image.type,
                            .encoding = Encoding::kRaw,
                            .value_size = value_size,
                            .has_expiry = image.expiry_ms != kNoExpiry};
  RecordPointer record(Record::create(image.key, shape));
  if (shape.has_expiry) record->store_expiry(image.expiry_ms);
  return record;
}

Result<RecordPointer> decode_object_image(const ImageView& image, const ObjectDecoder* decoder) {
  if (decoder == nullptr) return bad_image("no decoder for objects");
  Result<ObjectPointer> object = decoder->decode(image.type, image.parts_expiry_ms, image.value);
  if (!object.ok()) return object.error();
  return make_object_record(image, std::move(*object));
}

}  // namespace

Result<RecordPointer> make_object_record(const ImageView& head, ObjectPointer object) {
  if (object->parts_expiry_ms() != head.parts_expiry_ms) return bad_image("its parts expire at other times");
  RecordPointer record = make_record(head, sizeof(void*));
  record->store_object(std::move(object));
  return record;
}

RecordPointer decode_head(const ImageView& image) {
  // The time of parts lies where records without an object have it.
  const bool parts_expire = image.parts_expiry_ms != kNoExpiry;
  RecordPointer record = make_record(image, parts_expire ? kTimeSize : 0);
  if (!parts_expire) return record;
  std::memcpy(record->value(), &image.parts_expiry_ms, kTimeSize);
  record->set_kind(image.type, Encoding::kTimedListpack);
  return record;
}

std::size_t image_size_bound(const Record& record) {
  const Object* object = record.object();
  return kMaxHeadSize + record.key().size() + (object ? object->image_size_bound() : record.value_size());
}

void encode_value(std::string& out, const Record& record) {
  if (const Object* object = record.object()) {
    object->encode(out, 0, std::numeric_limits<std::size_t>::max());
  } else if (record.encoding() == Encoding::kInteger) {
    std::int64_t value;
    std::memcpy(&value, record.value(), sizeof value);
    put_rdb_integer(out, value);
  } else if (record.encoding() == Encoding::kTimedListpack) {
    put_rdb_bytes(out, record.bytes().substr(kTimeSize));
  } else {
    put_rdb_bytes(out, record.bytes());
  }
}

void encode_image(std::string& out, const Record& record, std::uint32_t database, std::uint64_t log_position) {
  encode_image_head(out, record, database, log_position);
  encode_value(out, record);
}

void encode_image_head(std::string& out, const Record& record, std::uint32_t database, std::uint64_t log_position) {
  put_varint(out, database);
  out.push_back(
      static_cast<char>((static_cast<unsigned>(record.type()) << 4) | static_cast<unsigned>(record.encoding())));
  const std::int64_t expiry_ms = record.expiry_ms();
  const std::int64_t parts_expiry_ms = record.parts_expiry_ms();
  out.push_back(static_cast<char>((expiry_ms != kNoExpiry ? kImageHasExpiry : 0) |
                                  (parts_expiry_ms != kNoExpiry ? kImagePartsExpire : 0)));
  if (expiry_ms != kNoExpiry) put_fixed(out, expiry_ms);
  if (parts_expiry_ms != kNoExpiry) put_fixed(out, parts_expiry_ms);
  put_varint(out, log_position);
  put_varint(out, record.key().size());
  out += record.key();
}

Result<ImageView> parse_image(std::string_view bytes) {
  ByteReader reader(bytes);
  ImageView image;
  image.database = static_cast<std::uint32_t>(reader.varint());
  const auto kind = reader.fixed<std::uint8_t>();
  image.type = static_cast<ValueType>(kind >> 4);
  image.encoding = static_cast<Encoding>(kind & 15);
  const auto flags = reader.fixed<std::uint8_t>();
  if (flags & kImageHasExpiry) image.expiry_ms = reader.fixed<std::int64_t>();
  if (flags & kImagePartsExpire) image.parts_expiry_ms = reader.fixed<std::int64_t>();
  image.log_position = reader.varint();
  image.key = reader.take(reader.varint());
  if (!reader.ok()) return bad_image("shorter than its header says");
  if ((flags & ~(kImageHasExpiry | kImagePartsExpire)) != 0) return bad_image("unknown flags");
  if (!known_kind(image.type, image.encoding)) return bad_image("unknown value type");
  const bool may_have_parts = image.encoding == Encoding::kObject || image.encoding == Encoding::kTimedListpack;
  if (image.parts_expiry_ms != kNoExpiry && !may_have_parts) return bad_image("has no parts that could expire");
  image.value = reader.rest();
  return image;
}

Result<RecordPointer> decode_image(const ImageView& image, const ObjectDecoder* decoder) {
  if (image.encoding == Encoding::kObject) return decode_object_image(image, decoder);
  ByteReader reader(image.value);
  const RdbString string = read_rdb_string(reader);
  if (!reader.ok() || reader.remaining() != 0 || string.kind == RdbString::Kind::kPacked) {
    return bad_image("not one RDB string");
  }
  std::int64_t integer = 0;
  const bool is_integer = image.encoding == Encoding::kInteger;
  if (is_integer ? !integer_of(string, integer) : string.kind != RdbString::Kind::kBytes) {
    return bad_image("string and encoding disagree");
  }
  const std::size_t before = image.encoding == Encoding::kTimedListpack ? kTimeSize : 0;
  RecordPointer record =
      make_record(image, static_cast<std::uint32_t>(is_integer ? sizeof integer : before + string.bytes.size()));
  if (is_integer) {
    std::memcpy(record->value(), &integer, sizeof integer);
  } else {
    std::memcpy(record->value(), &image.parts_expiry_ms, before);
    std::memcpy(record->value() + before, string.bytes.data(), string.bytes.size());
  }
  record->set_kind(image.type, image.encoding);
  return record;
}

}  // namespace terrace::storage
