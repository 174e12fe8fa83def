// The string commands that return strings: GET and its variants, GETRANGE, MGET, STRLEN.
#include "src/commands/shared/argument.h"
#include "src/commands/string/string_access.h"
#include "src/commands/string/string_handlers.h"
#include "src/commands/string/string_options.h"

namespace terrace::commands {

using storage::Record;
using storage::ValueType;

void get(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.null();
  if (string_or_absent(context, record)) reply_string(context.reply, *record);
}

void getdel(Context& context) {
  get(context);
  if (context.reply.is_error()) return;
  Record* record = context.write(context.argument(1));
  if (record == nullptr) return;
  context.remove(record);
  context.notify(kEventGeneric, "del", context.argument(1));
  context.propagate({"DEL", context.argument(1)});
}

void getex(Context& context) {
  const auto options = parse_string_options(context, 2, OptionsOf::kGetex);
  if (!options) return;
  const std::string_view key = context.argument(1);
  const Record* found = context.read(key);
  if (found == nullptr) return context.reply.null();
  if (!string_or_absent(context, found)) return;
  std::int64_t expiry_ms = storage::kNoExpiry;
  if (options->has_expiry()) {
    const auto expiry = parse_expiry(context, options->expiry_index, options->unit);
    if (!expiry) return;
    expiry_ms = *expiry;
  }
  reply_string(context.reply, *found);
  if (!options->has_expiry() && !(options->persist && found->expiry_ms() != storage::kNoExpiry)) return;

  Record* record = context.write(key);
  if (options->absolute() && expiry_ms <= context.now_ms && !context.replaying()) {
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
    context.propagate({"DEL", key});
  } else if (options->has_expiry()) {
    context.set_expiry(record, expiry_ms);
    context.notify(kEventGeneric, "expire", key);
    context.propagate({"PEXPIREAT", key, types::IntegerText(expiry_ms)});
  } else {
    context.set_expiry(record, storage::kNoExpiry);
    context.notify(kEventGeneric, "persist", key);
    context.propagate({"PERSIST", key});
  }
}

void getrange(Context& context) {
  const auto first = integer_argument(context, 2);
  if (!first) return;
  const auto last = integer_argument(context, 3);
  if (!last) return;
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  if (record == nullptr) return context.reply.bulk({});
  const types::StringText text(*record);
  context.reply.bulk(types::substring(text.view(), *first, *last));
}

void mget(Context& context) {
  context.reply.array(context.arguments.size() - 1);
  for (const std::string_view key : context.arguments.subspan(1)) {
    const Record* record = context.read(key);
    if (record != nullptr && record->type() == ValueType::kString) {
      reply_string(context.reply, *record);
    } else {
      context.reply.null();
    }
  }
}

void strlen(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (!string_or_absent(context, record)) return;
  context.reply.integer(record == nullptr ? 0 : static_cast<std::int64_t>(types::string_size(*record)));
}

}  // namespace terrace::commands
