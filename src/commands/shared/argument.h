// Argument: handlers read options and numbers among their arguments by these functions. A function that returns nothing
// has replied the error: the handler returns.
// Ownership: no state. Thread: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/execution/context.h"
#include "src/text/c_string.h"

namespace terrace {

// Is the argument this word, in any case? As in Redis, the argument ends at the first NUL.
bool is_option(std::string_view argument, std::string_view word);

// The argument as errors of Redis show it: up to the first NUL.
inline std::string shown(std::string_view argument) {
  return std::string(until_nul(argument));
}

// An integer; the error is "ERR value is not an integer or out of range".
std::optional<std::int64_t> integer_argument(Context& context, std::size_t index);
// An integer of 32 bits. `error`: the reply if the argument is not one.
std::optional<std::int32_t> int32_argument(Context& context, std::size_t index, std::string_view error);
// The number of a database that exists.
std::optional<unsigned> database_argument(Context& context, std::size_t index);

// Timeouts in milliseconds; seconds may have a fraction, and are rounded up. Each replies the error if there is one.
std::optional<std::int64_t> seconds_timeout_argument(Context& context, std::size_t index);
std::optional<std::int64_t> milliseconds_timeout_argument(Context& context, std::size_t index);

// Of a client or its library: printable characters other than blanks.
bool valid_client_name(std::string_view name);

void not_an_integer(Reply& reply);
// Replies the error, with the full name of the running command.
void wrong_argument_count(Context& context);
void invalid_expire_time(Context& context);

}  // namespace terrace
