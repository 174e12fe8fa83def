#include "src/types/encoding/listpack.h"

namespace terrace::types {
namespace {

// The first byte of an entry.
constexpr std::uint8_t k7BitMask = 0x80, k7Bit = 0x00;        // 0xxxxxxx: an integer from 0 to 127
constexpr std::uint8_t k6BitMask = 0xC0, k6BitText = 0x80;    // 10xxxxxx: a text of up to 63 bytes
constexpr std::uint8_t k13BitMask = 0xE0, k13Bit = 0xC0;      // 110xxxxx xxxxxxxx: a signed integer
constexpr std::uint8_t k12BitMask = 0xF0, k12BitText = 0xE0;  // 1110xxxx xxxxxxxx: a text of up to 4095 bytes
constexpr std::uint8_t k32BitText = 0xF0;
constexpr std::uint8_t k16Bit = 0xF1, k24Bit = 0xF2, k32Bit = 0xF3, k64Bit = 0xF4;
constexpr std::uint8_t kEnd = 0xFF;
constexpr std::uint16_t kUncounted = 0xFFFF;

std::uint8_t byte_at(std::string_view bytes, std::size_t place) {
  return static_cast<std::uint8_t>(bytes[place]);
}

template <typename T>
T load(std::string_view bytes, std::size_t place) {
  T value;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

// The place and length of an entry's text, or its integer.
struct Parts {
  std::uint8_t head = 0;  // bytes before a text, or of the whole integer
  bool is_integer = false;
  std::uint32_t text_size = 0;
  std::int64_t integer = 0;
  std::size_t size() const { return std::size_t{head} + text_size; }
};

// The number of bytes of the head; 0: the byte begins no entry.
std::uint8_t head_size(std::uint8_t first) {
  if ((first & k7BitMask) == k7Bit || (first & k6BitMask) == k6BitText) return 1;
  if ((first & k13BitMask) == k13Bit || (first & k12BitMask) == k12BitText) return 2;
  switch (first) {
    case k32BitText:
      return 5;
    case k16Bit:
      return 3;
    case k24Bit:
      return 4;
    case k32Bit:
      return 5;
    case k64Bit:
      return 9;
    default:
      return 0;
  }
}

std::int64_t signed_of(std::uint32_t bits, unsigned width) {
  return static_cast<std::int32_t>(bits << (32 - width)) >> (32 - width);
}

// The head must lie within the bytes.
Parts parts_at(std::string_view bytes, std::size_t place) {
  const std::uint8_t first = byte_at(bytes, place);
  Parts parts{.head = head_size(first)};
  if ((first & k7BitMask) == k7Bit) {
    parts.is_integer = true;
    parts.integer = first;
  } else if ((first & k6BitMask) == k6BitText) {
    parts.text_size = first & 0x3F;
  } else if ((first & k13BitMask) == k13Bit) {
    parts.is_integer = true;
    parts.integer = signed_of((first & 0x1Fu) << 8 | byte_at(bytes, place + 1), 13);
  } else if ((first & k12BitMask) == k12BitText) {
    parts.text_size = (first & 0x0Fu) << 8 | byte_at(bytes, place + 1);
  } else if (first == k32BitText) {
    parts.text_size = load<std::uint32_t>(bytes, place + 1);
  } else {
    parts.is_integer = true;
    if (first == k16Bit) parts.integer = load<std::int16_t>(bytes, place + 1);
    if (first == k24Bit) {
      parts.integer =
          signed_of(load<std::uint16_t>(bytes, place + 1) | std::uint32_t{byte_at(bytes, place + 3)} << 16, 24);
    }
    if (first == k32Bit) parts.integer = load<std::int32_t>(bytes, place + 1);
    if (first == k64Bit) parts.integer = load<std::int64_t>(bytes, place + 1);
  }
  return parts;
}

// The tail is the entry's size before it, to be read from behind: 7 bits a byte, the highest first, all but the first
// byte with the top bit set. Redis takes a further byte one too early from the second on, and so do we.
std::uint8_t tail_size(std::size_t size) {
  if (size <= 127) return 1;
  if (size < (1u << 14) - 1) return 2;
  if (size < (1u << 21) - 1) return 3;
  return size < (1u << 28) - 1 ? 4 : 5;
}

std::uint8_t put_tail(std::size_t size, char* tail) {
  const std::uint8_t bytes = tail_size(size);
  for (std::uint8_t i = bytes; i-- > 0; size >>= 7) {
    tail[i] = static_cast<char>((size & 0x7F) | (i > 0 ? 0x80 : 0));
  }
  return bytes;
}

}  // namespace

bool Listpack::valid(std::string_view bytes) {
  if (bytes.size() < kEmptySize || load<std::uint32_t>(bytes, 0) != bytes.size()) return false;
  if (byte_at(bytes, bytes.size() - 1) != kEnd) return false;
  const std::size_t end = bytes.size() - 1;
  std::size_t count = 0;
  for (std::size_t place = kHeaderSize; place != end; ++count) {
    const std::uint8_t head = head_size(byte_at(bytes, place));
    if (head == 0 || head > end - place) return false;
    const std::size_t size = parts_at(bytes, place).size();
    if (size > end - place) return false;
    char tail[5];
    const std::size_t tail_bytes = put_tail(size, tail);
    if (tail_bytes > end - place - size) return false;
    if (std::memcmp(tail, bytes.data() + place + size, tail_bytes) != 0) return false;
    place += size + tail_bytes;
  }
  const auto counted = load<std::uint16_t>(bytes, 4);
  return counted == kUncounted || counted == count;
}

std::string_view Listpack::empty() {
  using namespace std::string_view_literals;
  return "\7\0\0\0\0\0\xFF"sv;
}

std::size_t Listpack::count() const {
  const auto counted = load<std::uint16_t>(bytes_, 4);
  if (counted != kUncounted) return counted;
  std::size_t count = 0;
  for (std::size_t place = begin(); place != end(); place = next(place)) ++count;
  return count;
}

std::size_t Listpack::next(std::size_t place) const {
  const std::size_t size = parts_at(bytes_, place).size();
  return place + size + tail_size(size);
}

std::size_t Listpack::previous(std::size_t place) const {
  if (place == begin()) return kNowhere;
  std::size_t size = 0, tail = 0;
  std::uint8_t byte;
  do {
    byte = byte_at(bytes_, place - 1 - tail);
    size |= std::size_t{byte & 0x7Fu} << (7 * tail);
    ++tail;
  } while (byte & 0x80);
  return place - tail - size;
}

std::size_t Listpack::at(std::ptrdiff_t index) const {
  std::size_t place;
  if (index >= 0) {
    for (place = begin(); place != end() && index > 0; --index) place = next(place);
    return place == end() ? kNowhere : place;
  }
  for (place = end(); place != kNowhere && index < 0; ++index) place = previous(place);
  return place;
}

PackedElement Listpack::element(std::size_t place) const {
  const Parts parts = parts_at(bytes_, place);
  if (parts.is_integer) return PackedElement(parts.integer);
  return PackedElement(bytes_.substr(place + parts.head, parts.text_size));
}

std::size_t Listpack::find(std::string_view text, std::size_t from, unsigned stride) const {
  // Only asked for when an integer is met, which many listpacks have none of.
  std::optional<std::optional<std::int64_t>> number;
  unsigned skip = 0;
  for (std::size_t place = from; place < end();) {
    const Parts parts = parts_at(bytes_, place);
    if (skip == 0) {
      if (!parts.is_integer) {
        if (parts.text_size == text.size() &&
            std::memcmp(bytes_.data() + place + parts.head, text.data(), text.size()) == 0) {
          return place;
        }
      } else {
        if (!number) number = parse_integer(text);
        if (*number == parts.integer) return place;
      }
      skip = stride;
    }
    --skip;
    const std::size_t size = parts.size();
    place += size + tail_size(size);
  }
  return kNowhere;
}

ListpackEntry::ListpackEntry(std::string_view text) {
  const auto number = text.size() <= kMaxIntegerDigits ? parse_integer(text) : std::nullopt;
  if (number) {
    encode_integer(*number);
  } else {
    text_ = text;
    encode_text(text.size());
  }
  tail_size_ = put_tail(head_size_ + text_.size(), tail_);
}

ListpackEntry::ListpackEntry(std::int64_t number) {
  encode_integer(number);
  tail_size_ = put_tail(head_size_, tail_);
}

void ListpackEntry::encode_integer(std::int64_t number) {
  const auto fits = [number](unsigned bits) {
    return number >= -(std::int64_t{1} << (bits - 1)) && number < std::int64_t{1} << (bits - 1);
  };
  if (number >= 0 && number <= 127) {
    head_[0] = static_cast<char>(number);
    head_size_ = 1;
  } else if (fits(13)) {
    head_[0] = static_cast<char>(k13Bit | (static_cast<std::uint64_t>(number) >> 8 & 0x1F));
    head_[1] = static_cast<char>(number);
    head_size_ = 2;
  } else {
    const std::uint8_t first = fits(16) ? k16Bit : fits(24) ? k24Bit : fits(32) ? k32Bit : k64Bit;
    head_[0] = static_cast<char>(first);
    head_size_ = head_size(first);
    std::memcpy(head_ + 1, &number, std::size_t{head_size_} - 1);
  }
}

void ListpackEntry::encode_text(std::size_t size) {
  if (size < 64) {
    head_[0] = static_cast<char>(k6BitText | size);
    head_size_ = 1;
  } else if (size < 4096) {
    head_[0] = static_cast<char>(k12BitText | size >> 8);
    head_[1] = static_cast<char>(size);
    head_size_ = 2;
  } else {
    head_[0] = static_cast<char>(k32BitText);
    const auto size32 = static_cast<std::uint32_t>(size);
    std::memcpy(head_ + 1, &size32, sizeof size32);
    head_size_ = 5;
  }
}

void ListpackEntry::write(char* to) const {
  std::memcpy(to, head_, head_size_);
  if (!text_.empty()) std::memcpy(to + head_size_, text_.data(), text_.size());
  std::memcpy(to + head_size_ + text_.size(), tail_, tail_size_);
}

}  // namespace terrace::types
