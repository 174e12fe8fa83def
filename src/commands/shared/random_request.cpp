#include "src/commands/shared/random_request.h"

#include <limits>

#include "src/commands/shared/argument.h"

namespace terrace::commands {

std::optional<RandomRequest> random_request(Context& context, std::string_view with_values) {
  constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
  const auto count = integer_argument(context, 2);
  if (!count) return std::nullopt;
  if (*count < -kMaxCount) {
    context.reply.error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    return std::nullopt;
  }
  const std::size_t arguments = context.arguments.size();
  if (arguments > 4 || (arguments == 4 && !is_option(context.argument(3), with_values))) {
    context.reply.syntax_error();
    return std::nullopt;
  }
  if (arguments == 4 && (*count < -kMaxCount / 2 || *count > kMaxCount / 2)) {
    context.reply.error("ERR value is out of range");
    return std::nullopt;
  }
  return RandomRequest{*count, arguments == 4};
}

}  // namespace terrace::commands
