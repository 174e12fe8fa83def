// split_arguments: one line of words, as typed on an inline command or in a configuration file, into its arguments.
// Double quotes know \n \r \t \a \b, \xHH and a backslash before any other byte; single quotes know only \'.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace terrace {

// Nothing if quotes are unbalanced or a closing quote is not followed by a blank.
std::optional<std::vector<std::string>> split_arguments(std::string_view line);

// The inverse for one argument: double quotes around it, everything that is not printable escaped.
std::string quote_argument(std::string_view argument);

}  // namespace terrace
