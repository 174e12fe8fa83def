// split_arguments: splits a line of words, of an inline command or a configuration file, into arguments. Double quotes
// know \n \r \t \a \b, \xHH and a backslash before any other byte; single quotes know only \'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

// As isspace(3) in the C locale.
constexpr bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Calls `each` with the words of a line without quotes, as views of it. False, without any call, if the line has quotes
// or a NUL, which would end it.
template <typename Each>
bool split_plain(std::string_view line, const Each& each) {
  if (line.find_first_of(std::string_view("\"'\0", 3)) != std::string_view::npos) return false;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = at;
    while (at < line.size() && !is_blank(line[at])) ++at;
    if (at > begin) each(line.substr(begin, at - begin));
    while (at < line.size() && is_blank(line[at])) ++at;
  }
  return true;
}

// nullopt if quotes are unbalanced, or a closing quote is not followed by a blank.
std::optional<std::vector<std::string>> split_arguments(std::string_view line);

// The inverse for one argument: in double quotes, with everything escaped that is not printable.
std::string quote_argument(std::string_view argument);

}  // namespace terrace
