#include "src/commands/string/string_options.h"

#include "src/commands/shared/argument.h"

namespace terrace {
namespace {

ExpiryUnit unit_of(std::string_view argument) {
  if (is_option(argument, "EX")) return ExpiryUnit::kSeconds;
  if (is_option(argument, "PX")) return ExpiryUnit::kMilliseconds;
  if (is_option(argument, "EXAT")) return ExpiryUnit::kUnixSeconds;
  if (is_option(argument, "PXAT")) return ExpiryUnit::kUnixMilliseconds;
  return ExpiryUnit::kNone;
}

// Reads an option without a value that these commands have. False: it is none of them, or it contradicts another option.
bool take_set_option(std::string_view argument, OptionsOf command, StringOptions& options) {
  if (is_option(argument, "NX") && !options.if_present && !options.condition) return options.if_absent = true;
  if (is_option(argument, "XX") && !options.if_absent && !options.condition) return options.if_present = true;
  if (is_option(argument, "GET") && command == OptionsOf::kSet) return options.get = true;
  if (is_option(argument, "KEEPTTL") && !options.has_expiry()) return options.keep_expiry = true;
  return false;
}

// IFEQ and its like, of SET alone.
bool take_condition(std::string_view argument, std::string_view value, StringOptions& options) {
  const ValueCondition::Kind kind = ValueCondition::kind_of(argument);
  if (kind == ValueCondition::Kind::kNone || options.condition || options.if_absent || options.if_present) return false;
  options.condition = {kind, value};
  return true;
}

bool take_getex_option(std::string_view argument, StringOptions& options) {
  return is_option(argument, "PERSIST") && !options.has_expiry() && (options.persist = true);
}

}  // namespace

std::optional<StringOptions> parse_string_options(Context& context, std::size_t first, OptionsOf command) {
  StringOptions options;
  const std::size_t count = context.arguments.size();
  for (std::size_t i = first; i < count; ++i) {
    const std::string_view argument = context.argument(i);
    if (command == OptionsOf::kGetex ? take_getex_option(argument, options)
                                     : take_set_option(argument, command, options)) {
      continue;
    }
    if (command == OptionsOf::kSet && i + 1 < count && take_condition(argument, context.argument(i + 1), options)) {
      ++i;
      continue;
    }
    // The same unit may be given twice; the last one counts.
    const ExpiryUnit unit = unit_of(argument);
    const bool contradicts = options.keep_expiry || options.persist || (options.has_expiry() && options.unit != unit);
    if (unit == ExpiryUnit::kNone || contradicts || i + 1 == count) {
      context.reply.syntax_error();
      return std::nullopt;
    }
    options.unit = unit;
    options.expiry_index = ++i;
  }
  if (!options.condition.valid()) {
    context.reply.error(kBadDigest);
    return std::nullopt;
  }
  return options;
}

std::optional<std::int64_t> parse_expiry(Context& context, std::size_t index, ExpiryUnit unit) {
  const auto number = integer_argument(context, index);
  if (!number) return std::nullopt;
  std::int64_t expiry_ms = *number;
  const bool seconds = unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kUnixSeconds;
  const bool relative = unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kMilliseconds;
  bool valid = expiry_ms > 0;
  valid = valid && (!seconds || !__builtin_mul_overflow(expiry_ms, 1000, &expiry_ms));
  valid = valid && (!relative || !__builtin_add_overflow(expiry_ms, context.now_ms, &expiry_ms));
  if (!valid) {
    invalid_expire_time(context);
    return std::nullopt;
  }
  return expiry_ms;
}

}  // namespace terrace
