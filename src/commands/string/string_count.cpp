// The string commands that calculate: INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.
#include <cmath>
#include <cstring>
#include <limits>

#include "src/commands/shared/argument.h"
#include "src/commands/string/string_access.h"
#include "src/commands/string/string_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::EncodedString;

void add(Context& context, std::int64_t increment) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  const auto old_number = record == nullptr ? 0 : types::string_integer(*record);
  if (!old_number) return not_an_integer(context.reply);
  std::int64_t number;
  if (__builtin_add_overflow(*old_number, increment, &number)) {
    return context.reply.error("ERR increment or decrement would overflow");
  }
  if (record != nullptr && record->encoding() == storage::Encoding::kInteger) {
    context.change(record);
    std::memcpy(record->value(), &number, sizeof number);
  } else {
    put_string(context, key, EncodedString(number), true);
  }
  context.notify(kEventString, "incrby", key);
  context.reply.integer(number);
}

}  // namespace

void incr(Context& context) {
  add(context, 1);
}
void decr(Context& context) {
  add(context, -1);
}

void incrby(Context& context) {
  if (const auto increment = integer_argument(context, 2)) add(context, *increment);
}

void decrby(Context& context) {
  const auto decrement = integer_argument(context, 2);
  if (!decrement) return;
  if (*decrement == std::numeric_limits<std::int64_t>::min()) {
    return context.reply.error("ERR decrement would overflow");
  }
  add(context, -*decrement);
}

void incrbyfloat(Context& context) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  const auto old_number = record == nullptr ? 0.0L : types::string_real(*record);
  const auto increment = old_number ? types::parse_real(context.argument(2)) : std::nullopt;
  if (!increment) return context.reply.error("ERR value is not a valid float");
  const long double number = *old_number + *increment;
  if (std::isnan(number) || std::isinf(number)) {
    return context.reply.error("ERR increment would produce NaN or Infinity");
  }
  const std::string text = types::format_real(number);
  put_string(context, key, EncodedString::plain(text), true);
  context.notify(kEventString, "incrbyfloat", key);
  context.reply.bulk(text);
  context.propagate({"SET", key, text, "KEEPTTL"});
}

}  // namespace terrace::commands
