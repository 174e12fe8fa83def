#include "src/commands/shared/argument.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "src/execution/command.h"
#include "src/text/number.h"

namespace terrace {

bool is_option(std::string_view argument, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  argument = until_nul(argument);
  return std::equal(argument.begin(), argument.end(), word.begin(), word.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

void not_an_integer(Reply& reply) {
  reply.error("ERR value is not an integer or out of range");
}

std::optional<std::int64_t> integer_argument(Context& context, std::size_t index) {
  const auto number = types::parse_integer(context.argument(index));
  if (!number) not_an_integer(context.reply);
  return number;
}

std::optional<std::int32_t> int32_argument(Context& context, std::size_t index, std::string_view error) {
  const auto number = types::parse_integer(context.argument(index));
  if (number && std::in_range<std::int32_t>(*number)) return static_cast<std::int32_t>(*number);
  context.reply.error(error);
  return std::nullopt;
}

std::optional<unsigned> database_argument(Context& context, std::size_t index) {
  const auto number = integer_argument(context, index);
  if (!number) return std::nullopt;
  if (!std::in_range<std::int32_t>(*number)) {
    context.reply.error("ERR value is out of range, value must between -2147483648 and 2147483647");
    return std::nullopt;
  }
  if (*number < 0 || *number >= context.database_count()) {
    context.reply.error("ERR DB index is out of range");
    return std::nullopt;
  }
  return static_cast<unsigned>(*number);
}

namespace {

// As of Redis 7.2: also the point in time at which the timeout ends is in the range of int64.
std::optional<std::int64_t> checked_timeout(Context& context, std::int64_t timeout_ms) {
  if (timeout_ms < 0) {
    context.reply.error("ERR timeout is negative");
  } else if (timeout_ms > std::numeric_limits<std::int64_t>::max() - context.now_ms) {
    context.reply.error("ERR timeout is out of range");
  } else {
    return timeout_ms;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> seconds_timeout_argument(Context& context, std::size_t index) {
  const auto seconds = types::parse_real(context.argument(index));
  if (!seconds) {
    context.reply.error("ERR timeout is not a float or out of range");
    return std::nullopt;
  }
  const long double milliseconds = std::ceil(*seconds * 1000);
  if (milliseconds >= 0x1p63L) {
    context.reply.error("ERR timeout is out of range");
    return std::nullopt;
  }
  return checked_timeout(context, milliseconds < 0 ? -1 : static_cast<std::int64_t>(milliseconds));
}

std::optional<std::int64_t> milliseconds_timeout_argument(Context& context, std::size_t index) {
  const auto milliseconds = types::parse_integer(context.argument(index));
  if (milliseconds) return checked_timeout(context, *milliseconds);
  context.reply.error("ERR timeout is not an integer or out of range");
  return std::nullopt;
}

void wrong_argument_count(Context& context) {
  context.reply.error("ERR wrong number of arguments for '" + std::string(context.command.name) + "' command");
}

void invalid_expire_time(Context& context) {
  context.reply.error("ERR invalid expire time in '" + std::string(context.command.name) + "' command");
}

bool valid_client_name(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace terrace
