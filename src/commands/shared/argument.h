// Argument: how handlers read options and numbers among their arguments. Where a reading fails, it has replied the
// error and the handler returns. Thread: plain functions, no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "src/execution/context.h"
#include "src/text/c_string.h"

namespace terrace {

// Is this argument `word`, in whatever case? Like Redis it looks no further than a NUL.
bool is_option(std::string_view argument, std::string_view word);

// An argument as Redis' errors show it: a C string, which ends at the first NUL.
inline std::string shown(std::string_view argument) {
  return std::string(until_nul(argument));
}

// "ERR value is not an integer or out of range".
std::optional<std::int64_t> integer_argument(Context& context, std::size_t index);
// One that Redis keeps in 32 bits; `error` is the reply to whatever is not such a number.
std::optional<std::int32_t> int32_argument(Context& context, std::size_t index, std::string_view error);
// A database's number, also checked against how many there are.
std::optional<unsigned> database_argument(Context& context, std::size_t index);

// A time in seconds and fractions of them, as milliseconds, rounded up.
std::optional<std::int64_t> timeout_argument(Context& context, std::size_t index);

void not_an_integer(Reply& reply);
// For the command that runs, by its full name.
void wrong_argument_count(Context& context);
void invalid_expire_time(Context& context);

}  // namespace terrace
