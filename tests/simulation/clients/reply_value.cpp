#include "tests/simulation/clients/reply_value.h"

#include <algorithm>
#include <charconv>

#include "tests/simulation/failure.h"

namespace terrace::simulation {

namespace {

using Kind = ReplyValue::Kind;

constexpr std::size_t kShownBytes = 48;
constexpr std::size_t kShownElements = 8;

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find(' '));
}

// Strings and numbers in the order in which they stand, whatever arrays hold them.
void flatten(const ReplyValue& value, std::vector<const ReplyValue*>& leaves) {
  if (value.kind != Kind::kArray) return leaves.push_back(&value);
  for (const ReplyValue& element : value.elements) flatten(element, leaves);
}

bool same_leaf(const ReplyValue& expected, const ReplyValue& actual) {
  if (expected.kind != actual.kind) return false;
  if (expected.kind == Kind::kError) return first_word(expected.text) == first_word(actual.text);
  return expected.text == actual.text && expected.integer == actual.integer;
}

// As one string each, so that they can be sorted.
std::vector<std::string> groups_of(const std::vector<const ReplyValue*>& leaves, std::size_t size) {
  std::vector<std::string> groups;
  for (std::size_t i = 0; i < leaves.size(); i += size) {
    std::string group;
    for (std::size_t j = i; j < std::min(i + size, leaves.size()); ++j) {
      group += leaves[j]->text + '\0' + std::to_string(leaves[j]->integer) + '\0';
    }
    groups.push_back(std::move(group));
  }
  std::sort(groups.begin(), groups.end());
  return groups;
}

class Parser {
 public:
  explicit Parser(std::string_view bytes) : bytes_(bytes) {}

  bool parse(ReplyValue& value) {
    std::string_view line;
    if (!take_line(line) || line.empty()) return false;
    const std::string_view rest = line.substr(1);
    switch (line[0]) {
      case '+':
        value = ReplyValue::simple(std::string(rest));
        return true;
      case '-':
        value = ReplyValue::error(std::string(rest));
        return true;
      case ':':
        value = ReplyValue::number(number(rest));
        return true;
      case ',':
        value = ReplyValue::string(std::string(rest));
        return true;
      case '#':
        value = ReplyValue::number(std::int64_t{rest == "t"});
        return true;
      case '_':
        value = ReplyValue::null();
        return true;
      case '$':
      case '=':
        return parse_string(number(rest), line[0] == '=' ? 4 : 0, value);
      case '*':
      case '~':
      case '>':
        return parse_array(number(rest), value);
      case '%':
        return parse_array(2 * number(rest), value);
      default:
        fail("a reply begins with '" + std::string(line.substr(0, 1)) + "'");
    }
  }
  std::size_t position() const { return position_; }

 private:
  bool take_line(std::string_view& line) {
    const std::size_t end = bytes_.find("\r\n", position_);
    if (end == std::string_view::npos) return false;
    line = bytes_.substr(position_, end - position_);
    position_ = end + 2;
    return true;
  }
  static std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      fail("a reply has \"" + std::string(digits) + "\" where a number should be");
    }
    return value;
  }
  bool parse_string(std::int64_t size, std::size_t prefix, ReplyValue& value) {
    if (size < 0) return value = ReplyValue::null(), true;
    const std::size_t length = static_cast<std::size_t>(size);
    if (bytes_.size() - position_ < length + 2) return false;
    value = ReplyValue::string(std::string(bytes_.substr(position_ + prefix, length - prefix)));
    position_ += length + 2;
    return true;
  }
  bool parse_array(std::int64_t size, ReplyValue& value) {
    value = size < 0 ? ReplyValue::null() : ReplyValue::array({});
    for (std::int64_t i = 0; i < size; ++i) {
      if (!parse(value.elements.emplace_back())) return false;
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
};

}  // namespace

std::string ReplyValue::describe() const {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kInteger:
      return std::to_string(integer);
    case Kind::kSimple:
      return "+" + text;
    case Kind::kError:
      return "-" + text;
    case Kind::kString:
      if (text.size() <= kShownBytes) return '"' + text + '"';
      return '"' + text.substr(0, kShownBytes) + "...\" of " + std::to_string(text.size()) + " bytes";
    case Kind::kArray:
      break;
  }
  std::string words = "[";
  for (std::size_t i = 0; i < std::min(elements.size(), kShownElements); ++i) {
    words += (i == 0 ? "" : ", ") + elements[i].describe();
  }
  if (elements.size() > kShownElements) words += ", ... " + std::to_string(elements.size()) + " in all";
  return words + "]";
}

bool agrees(const ReplyValue& expected, const ReplyValue& actual) {
  if (expected.kind != actual.kind) return false;
  if (expected.kind != Kind::kArray) return same_leaf(expected, actual);
  if (expected.order == ReplyValue::Order::kExact && expected.elements.size() == actual.elements.size()) {
    // Element by element, so that each may have an order of its kind.
    const auto same = [](const ReplyValue& a, const ReplyValue& b) { return agrees(a, b); };
    if (std::equal(expected.elements.begin(), expected.elements.end(), actual.elements.begin(), same)) return true;
  }
  std::vector<const ReplyValue*> wanted;
  std::vector<const ReplyValue*> found;
  flatten(expected, wanted);
  flatten(actual, found);
  if (wanted.size() != found.size()) return false;
  if (expected.order != ReplyValue::Order::kExact) {
    const std::size_t size = expected.order == ReplyValue::Order::kAnyOfPairs ? 2 : 1;
    return groups_of(wanted, size) == groups_of(found, size);
  }
  return std::equal(wanted.begin(), wanted.end(), found.begin(),
                    [](const ReplyValue* a, const ReplyValue* b) { return same_leaf(*a, *b); });
}

std::optional<ParsedReply> parse_reply(std::string_view bytes) {
  Parser parser(bytes);
  ParsedReply parsed{};
  if (!parser.parse(parsed.value)) return std::nullopt;
  parsed.size = parser.position();
  return parsed;
}

}  // namespace terrace::simulation
