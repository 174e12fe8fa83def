#include "src/config/directive.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "src/text/ignoring_case.h"
#include "src/text/integer.h"

namespace terrace {

Error invalid_value(std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message)};
}

namespace {

// The number of a choice.
std::optional<std::size_t> choice_index(std::string_view choices, std::string_view word) {
  for (std::size_t index = 0; !choices.empty(); ++index) {
    std::size_t end = std::min(choices.find(' '), choices.size());
    if (equals_ignoring_case(choices.substr(0, end), word)) return index;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return std::nullopt;
}

std::string choice_at(std::string_view choices, std::size_t index) {
  while (index-- > 0) choices.remove_prefix(choices.find(' ') + 1);
  return std::string(choices.substr(0, choices.find(' ')));
}

Result<std::string> parse_choice(const Directive& directive, const std::string& word) {
  if (const auto index = choice_index(directive.choices, word)) return choice_at(directive.choices, *index);
  std::string list;
  for (char c : directive.choices) list += c == ' ' ? std::string(", ") : std::string(1, c);
  return invalid_value("argument(s) must be one of the following: " + list);
}

Result<std::string> parse_number(const Directive& directive, const std::string& word) {
  auto number = parse_integer(word);
  if (!number) return invalid_value("argument couldn't be parsed into an integer");
  if (*number >= directive.minimum && *number <= directive.maximum) return word;
  return invalid_value("argument must be between " + std::to_string(directive.minimum) + " and " +
                       std::to_string(directive.maximum) + " inclusive");
}

Result<std::string> parse_bytes(const Directive& directive, const std::string& word) {
  auto bytes = parse_memory(word);
  if (!bytes.ok()) return bytes.error();
  const std::int64_t maximum = directive.maximum > 0 ? directive.maximum : std::numeric_limits<std::int64_t>::max();
  if (*bytes >= directive.minimum && *bytes <= maximum) return std::to_string(*bytes);
  return invalid_value("argument must be between " + std::to_string(directive.minimum) + " and " +
                       std::to_string(maximum) + " inclusive");
}

}  // namespace

Result<std::int64_t> parse_memory(std::string_view text) {
  std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit = text.substr(digits);
  static constexpr struct {
    std::string_view name;
    std::int64_t bytes;
  } kUnits[] = {{"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
                {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
  const std::size_t zeros = std::min(text.find_first_not_of('0'), digits);
  auto number = parse_integer(zeros > 0 && zeros == digits ? "0" : text.substr(zeros, digits - zeros));
  for (const auto& known : kUnits) {
    if (!number || !equals_ignoring_case(known.name, unit)) continue;
    std::int64_t bytes = 0;
    if (!__builtin_mul_overflow(*number, known.bytes, &bytes)) return bytes;
  }
  return invalid_value("argument must be a memory value");
}

Result<std::string> parse_value(const Directive& directive, std::span<const std::string> words,
                                const std::string& current) {
  if (directive.kind == Directive::Kind::kSpecial) return directive.parse(words, current);
  if (words.size() != 1) return invalid_value("wrong number of arguments");
  const std::string& word = words[0];
  switch (directive.kind) {
    case Directive::Kind::kBool:
      if (equals_ignoring_case(word, "yes")) return std::string("yes");
      if (equals_ignoring_case(word, "no")) return std::string("no");
      return invalid_value("argument must be 'yes' or 'no'");
    case Directive::Kind::kInteger:
      return parse_number(directive, word);
    case Directive::Kind::kMemory:
      return parse_bytes(directive, word);
    case Directive::Kind::kEnum:
      return parse_choice(directive, word);
    default:
      return word;
  }
}

void assign_value(const Directive& directive, const std::string& value, Settings& settings) {
  if (directive.assign) directive.assign(settings, value);
  if (directive.boolean) settings.*directive.boolean = value == "yes";
  if (directive.text) settings.*directive.text = value;
  if (directive.number) settings.*directive.number = parse_integer(value).value_or(0);
  if (directive.choose) directive.choose(settings, choice_index(directive.choices, value).value());
}

}  // namespace terrace
