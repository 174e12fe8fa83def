// ReplyValue: one reply as a client understands it, the same for RESP2 and RESP3: a map is the array of its keys and
// values, a set an array, any null the null, a double and a verbatim string the string of their bytes.
// Thread: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrace::simulation {

struct ReplyValue {
  enum class Kind : std::uint8_t { kNull, kSimple, kError, kInteger, kString, kArray };
  // Of an array's elements, where one is expected.
  enum class Order : std::uint8_t { kExact, kAny, kAnyOfPairs };

  Kind kind = Kind::kNull;
  std::string text = {};  // of a simple string, an error and a string
  std::int64_t integer = 0;
  std::vector<ReplyValue> elements = {};
  Order order = Order::kExact;

  bool is_null() const { return kind == Kind::kNull; }
  // The element's text; empty if there is none.
  std::string element_text(std::size_t index) const { return index < elements.size() ? elements[index].text : ""; }
  // In words, cut short.
  std::string describe() const;

  static ReplyValue null() { return {}; }
  static ReplyValue ok() { return simple("OK"); }
  static ReplyValue simple(std::string text) { return {.kind = Kind::kSimple, .text = std::move(text)}; }
  static ReplyValue error(std::string code) { return {.kind = Kind::kError, .text = std::move(code)}; }
  static ReplyValue number(std::int64_t value) { return {.kind = Kind::kInteger, .integer = value}; }
  static ReplyValue number(std::size_t value) { return number(static_cast<std::int64_t>(value)); }
  static ReplyValue string(std::string text) { return {.kind = Kind::kString, .text = std::move(text)}; }
  static ReplyValue array(std::vector<ReplyValue> elements, Order order = Order::kExact) {
    return {.kind = Kind::kArray, .elements = std::move(elements), .order = order};
  }
};

// Is `actual` what is `expected`? Of errors the first word counts; arrays within arrays count as their elements, since
// the protocols differ there.
bool agrees(const ReplyValue& expected, const ReplyValue& actual);

// The reply at the front of `bytes`, with the bytes it takes; nothing if it is not whole.
struct ParsedReply {
  ReplyValue value;
  std::size_t size;
};
std::optional<ParsedReply> parse_reply(std::string_view bytes);

}  // namespace terrace::simulation
