// Listpack: Redis' packing of a short sequence of elements, bit for bit as in RDB files:
//
//   | total bytes u32 | elements u16 (0xFFFF: not counted) | entries | 0xFF |
//   entry: | encoding and data | their length, readable backwards |
//
// An element is a text; a text that is exactly an integer's digits is stored as the integer.
//
// Listpack reads bytes that were made here or validated; ListpackEditor changes them. A place is an entry's offset; an
// edit at or before it makes it invalid.
// Ownership: borrows the bytes.
// Thread: plain values.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "src/text/number.h"

namespace terrace::types {

// A stored element: an integer or a text. Borrows the text.
class PackedElement {
 public:
  explicit PackedElement(std::string_view text) : text_(text) {}
  explicit PackedElement(std::int64_t integer) : is_integer_(true), integer_(integer) {}

  bool is_integer() const { return is_integer_; }
  std::int64_t integer() const { return integer_; }  // is_integer()
  std::string_view text() const { return text_; }    // not is_integer()

 private:
  std::string_view text_;
  bool is_integer_ = false;
  std::int64_t integer_ = 0;
};

// An element as text, with room for an integer's digits.
class ElementText {
 public:
  explicit ElementText(const PackedElement& element) {
    if (element.is_integer()) {
      digits_.emplace(element.integer());
    } else {
      text_ = element.text();
    }
  }
  explicit ElementText(std::string_view text) : text_(text) {}
  std::string_view view() const { return digits_ ? digits_->view() : text_; }

 private:
  std::optional<IntegerText> digits_;
  std::string_view text_;
};

class Listpack {
 public:
  static constexpr std::size_t kHeaderSize = 6;
  static constexpr std::size_t kEmptySize = kHeaderSize + 1;
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  // Redis' limit for the size of a listpack.
  static constexpr std::size_t kMaxSize = std::size_t{1} << 30;

  explicit Listpack(std::string_view bytes) : bytes_(bytes) {}
  // Validates bytes from outside in every detail: no function below reads outside of valid ones.
  static bool valid(std::string_view bytes);
  // The bytes of an empty listpack.
  static std::string_view empty();

  std::string_view bytes() const { return bytes_; }
  std::size_t count() const;  // O(1) below 65535 elements

  // --- places, from the first entry to end()
  std::size_t begin() const { return kHeaderSize; }
  std::size_t end() const { return bytes_.size() - 1; }
  std::size_t next(std::size_t place) const;
  std::size_t previous(std::size_t place) const;  // kNowhere before the first
  std::size_t at(std::ptrdiff_t index) const;     // negative: from the end; kNowhere outside
  PackedElement element(std::size_t place) const;
  // The first element equal to `text` among those at `from`, `from` + `stride` and so on; kNowhere if there is none.
  std::size_t find(std::string_view text, std::size_t from, unsigned stride) const;

 private:
  std::string_view bytes_;
};

// One element's entry, without its text on the stack.
class ListpackEntry {
 public:
  explicit ListpackEntry(std::string_view text);
  explicit ListpackEntry(std::int64_t number);
  std::size_t size() const { return head_size_ + text_.size() + tail_size_; }
  void write(char* to) const;

 private:
  void encode_integer(std::int64_t number);
  void encode_text(std::size_t size);

  std::string_view text_;  // follows the head unchanged
  std::uint8_t head_size_ = 0;
  std::uint8_t tail_size_ = 0;
  char head_[9];
  char tail_[5];
};

// `Bytes` has data(), size() and resize(size), which keeps the front: std::string, or a record's value
// (record_bytes.h). Texts passed in must not lie in the edited bytes.
template <typename Bytes>
class ListpackEditor {
 public:
  explicit ListpackEditor(Bytes& bytes) : bytes_(bytes) {}

  Listpack view() const { return Listpack({bytes_.data(), bytes_.size()}); }
  void append(std::string_view text) { insert(bytes_.size() - 1, text); }
  void insert(std::size_t place, std::string_view text) { splice(place, 0, ListpackEntry(text), 1); }
  void replace(std::size_t place, std::string_view text) {
    splice(place, view().next(place) - place, ListpackEntry(text), 0);
  }
  void replace(std::size_t place, std::int64_t number) {
    splice(place, view().next(place) - place, ListpackEntry(number), 0);
  }
  // Removes `count` elements from `place` on.
  void erase(std::size_t place, unsigned count) {
    std::size_t end = place;
    for (unsigned i = 0; i < count; ++i) end = view().next(end);
    const std::size_t tail = bytes_.size() - end;
    std::memmove(bytes_.data() + place, bytes_.data() + end, tail);
    bytes_.resize(place + tail);
    seal(-static_cast<int>(count));
  }

 private:
  void splice(std::size_t place, std::size_t gone, const ListpackEntry& entry, int more) {
    const std::size_t old_size = bytes_.size();
    const std::size_t tail = old_size - place - gone;
    if (entry.size() > gone) bytes_.resize(old_size + entry.size() - gone);
    std::memmove(bytes_.data() + place + entry.size(), bytes_.data() + place + gone, tail);
    entry.write(bytes_.data() + place);
    if (entry.size() < gone) bytes_.resize(old_size + entry.size() - gone);
    seal(more);
  }
  // Updates the header.
  void seal(int more) {
    const auto size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &size, sizeof size);
    std::uint16_t count;
    std::memcpy(&count, bytes_.data() + sizeof size, sizeof count);
    if (count == kUncounted) return;
    count = static_cast<std::uint16_t>(count + more);
    std::memcpy(bytes_.data() + sizeof size, &count, sizeof count);
  }
  static constexpr std::uint16_t kUncounted = 0xFFFF;

  Bytes& bytes_;
};

}  // namespace terrace::types
