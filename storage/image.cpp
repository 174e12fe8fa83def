#include "storage/image.h"

#include <charconv>
#include <limits>

#include "storage/varint.h"

namespace terrace::storage {

namespace {

constexpr std::uint8_t kImageHasExpiry = 1;

// RDB length prefixes: the two top bits choose 6 bits, 14 bits, a 32- or 64-bit big-endian number, or a special form.
constexpr unsigned char kRdb14Bit = 0x40;
constexpr unsigned char kRdb32Bit = 0x80;
constexpr unsigned char kRdbInt8 = 0xC0;
constexpr unsigned char kRdbInt16 = 0xC1;
constexpr unsigned char kRdbInt32 = 0xC2;

void put_rdb_length(std::string& out, std::uint32_t length) {
  if (length < 64) {
    out.push_back(static_cast<char>(length));
  } else if (length < 16384) {
    out.push_back(static_cast<char>(kRdb14Bit | (length >> 8)));
    out.push_back(static_cast<char>(length));
  } else {
    out.push_back(static_cast<char>(kRdb32Bit));
    put_fixed(out, __builtin_bswap32(length));
  }
}

void put_rdb_integer(std::string& out, std::int64_t value) {
  if (value >= std::numeric_limits<std::int8_t>::min() && value <= std::numeric_limits<std::int8_t>::max()) {
    out.push_back(static_cast<char>(kRdbInt8));
    put_fixed(out, static_cast<std::int8_t>(value));
  } else if (value >= std::numeric_limits<std::int16_t>::min() && value <= std::numeric_limits<std::int16_t>::max()) {
    out.push_back(static_cast<char>(kRdbInt16));
    put_fixed(out, static_cast<std::int16_t>(value));
  } else if (value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max()) {
    out.push_back(static_cast<char>(kRdbInt32));
    put_fixed(out, static_cast<std::int32_t>(value));
  } else {
    const std::string digits = std::to_string(value);
    put_rdb_length(out, static_cast<std::uint32_t>(digits.size()));
    out += digits;
  }
}

struct RdbString {
  bool is_integer = false;
  std::int64_t integer = 0;
  std::string_view bytes;
};

// The one RDB string that `image` is; false if it is not exactly that.
bool parse_rdb_string(std::string_view image, RdbString& string) {
  ByteReader reader(image);
  const auto first = reader.fixed<std::uint8_t>();
  std::uint64_t length = 0;
  switch (first & 0xC0) {
    case 0x00:
      length = first;
      break;
    case kRdb14Bit:
      length = (std::uint64_t{first & 0x3Fu} << 8) | reader.fixed<std::uint8_t>();
      break;
    case kRdb32Bit:
      if (first != kRdb32Bit) return false;
      length = __builtin_bswap32(reader.fixed<std::uint32_t>());
      break;
    default:
      string.is_integer = true;
      if (first == kRdbInt8)
        string.integer = reader.fixed<std::int8_t>();
      else if (first == kRdbInt16)
        string.integer = reader.fixed<std::int16_t>();
      else if (first == kRdbInt32)
        string.integer = reader.fixed<std::int32_t>();
      else
        return false;
      return reader.ok() && reader.remaining() == 0;
  }
  string.bytes = reader.take(length);
  return reader.ok() && reader.remaining() == 0;
}

// The integer of a string stored as kInteger, which is digits where it needs more than 32 bits.
bool integer_of(const RdbString& string, std::int64_t& integer) {
  if (string.is_integer) {
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

}  // namespace

std::size_t image_size_bound(const Record& record) {
  return 48 + record.key().size() + record.value_size();
}

void encode_image(std::string& out, const Record& record, std::uint32_t database, std::uint64_t log_position) {
  put_varint(out, database);
  out.push_back(
      static_cast<char>((static_cast<unsigned>(record.type()) << 4) | static_cast<unsigned>(record.encoding())));
  const std::int64_t expiry_ms = record.expiry_ms();
  out.push_back(static_cast<char>(expiry_ms != kNoExpiry ? kImageHasExpiry : 0));
  if (expiry_ms != kNoExpiry) put_fixed(out, expiry_ms);
  put_varint(out, log_position);
  put_varint(out, record.key().size());
  out += record.key();
  TERRACE_CHECK(record.type() == ValueType::kString);
  if (record.encoding() == Encoding::kInteger) {
    std::int64_t value;
    std::memcpy(&value, record.value(), sizeof value);
    put_rdb_integer(out, value);
  } else {
    put_rdb_length(out, record.value_size());
    out += record.bytes();
  }
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
  image.log_position = reader.varint();
  image.key = reader.take(reader.varint());
  if (!reader.ok()) return bad_image("shorter than its header says");
  if ((flags & ~kImageHasExpiry) != 0) return bad_image("unknown flags");
  image.value = reader.rest();
  return image;
}

Result<RecordPointer> decode_image(const ImageView& image) {
  if (image.type != ValueType::kString || image.encoding > Encoding::kInteger) return bad_image("unknown value type");
  RdbString string;
  if (!parse_rdb_string(image.value, string)) return bad_image("not one RDB string");
  std::int64_t integer = 0;
  const bool is_integer = image.encoding == Encoding::kInteger;
  if (is_integer ? !integer_of(string, integer) : string.is_integer) return bad_image("string and encoding disagree");
  const Record::Shape shape{
      .type = image.type,
      .encoding = image.encoding,
      .value_size = is_integer ? std::uint32_t{sizeof integer} : static_cast<std::uint32_t>(string.bytes.size()),
      .has_expiry = image.expiry_ms != kNoExpiry};
  RecordPointer record(Record::create(image.key, shape));
  if (shape.has_expiry) record->store_expiry(image.expiry_ms);
  if (is_integer) {
    std::memcpy(record->value(), &integer, sizeof integer);
  } else {
    std::memcpy(record->value(), string.bytes.data(), string.bytes.size());
  }
  return record;
}

}  // namespace terrace::storage
