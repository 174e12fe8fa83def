// split_arguments: one line of words, as typed on an inline command or in a configuration file, into its arguments.
// Double quotes know \n \r \t \a \b, \xHH and a backslash before any other byte; single quotes know only \'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

// As isspace(3) says it in the C locale.
constexpr bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The words of a line without quotes are views of it, given to `each`. False, and none given, if it has some, or a NUL,
// which would end it.
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

// Nothing if quotes are unbalanced or a closing quote is not followed by a blank.
std::optional<std::vector<std::string>> split_arguments(std::string_view line);

// The inverse for one argument: double quotes around it, everything that is not printable escaped.
std::string quote_argument(std::string_view argument);

}  // namespace terrace
