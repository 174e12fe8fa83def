// The string commands that store strings: SET and its variants, MSET, APPEND, SETRANGE. DELIFEQ deletes one.
#include <algorithm>
#include <cstring>

#include "src/commands/shared/argument.h"
#include "src/commands/string/string_access.h"
#include "src/commands/string/string_handlers.h"
#include "src/commands/string/string_options.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::EncodedString;

void put_with_expiry(Context& context, std::string_view key, std::string_view text, std::int64_t expiry_ms) {
  Record* record = put_string(context, key, EncodedString(text));
  context.set_expiry(record, expiry_ms);
  context.notify(kEventString, "set", key);
  context.notify(kEventGeneric, "expire", key);
  context.propagate({"SET", key, text, "PXAT", types::IntegerText(expiry_ms)});
}

// SETEX and PSETEX.
void set_for(Context& context, ExpiryUnit unit) {
  const auto expiry_ms = parse_expiry(context, 2, unit);
  if (!expiry_ms) return;
  put_with_expiry(context, context.argument(1), context.argument(3), *expiry_ms);
  context.reply.ok();
}

// Without the conditions, which have held, and without GET.
void propagate_set(Context& context, bool keep_expiry) {
  const std::string_view key = context.argument(1), value = context.argument(2);
  if (keep_expiry) return context.propagate({"SET", key, value, "KEEPTTL"});
  context.propagate({"SET", key, value});
}

void set_with_options(Context& context) {
  const auto options = parse_string_options(context, 3, OptionsOf::kSet);
  if (!options) return;
  std::int64_t expiry_ms = storage::kNoExpiry;
  if (options->has_expiry()) {
    const auto expiry = parse_expiry(context, options->expiry_index, options->unit);
    if (!expiry) return;
    expiry_ms = *expiry;
  }
  const std::string_view key = context.argument(1);
  if (options->get) {
    get(context);
    if (context.reply.is_error()) return;
  }
  const Record* const record = context.peek(key);
  if (options->condition && !string_or_absent(context, record)) return;
  if ((record != nullptr ? options->if_absent : options->if_present) || !options->condition.holds(record)) {
    if (!options->get) context.reply.null();
    return;
  }
  if (options->has_expiry()) {
    put_with_expiry(context, key, context.argument(2), expiry_ms);
  } else {
    put_string(context, key, EncodedString(context.argument(2)), options->keep_expiry);
    context.notify(kEventString, "set", key);
    if (options->get || options->condition) propagate_set(context, options->keep_expiry);
  }
  if (!options->get) context.reply.ok();
}

void put_pairs(Context& context) {
  for (std::size_t i = 1; i < context.arguments.size(); i += 2) {
    put_string(context, context.argument(i), EncodedString(context.argument(i + 1)));
    context.notify(kEventString, "set", context.argument(i));
  }
}

}  // namespace

void set(Context& context) {
  if (context.arguments.size() > 3) return set_with_options(context);
  put_string(context, context.argument(1), EncodedString(context.argument(2)));
  context.notify(kEventString, "set", context.argument(1));
  context.reply.ok();
}

bool set_overwrites(std::span<const std::string_view> arguments) {
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    for (const std::string_view word : {"GET", "NX", "XX", "KEEPTTL"}) {
      if (is_option(arguments[i], word)) return false;
    }
    if (ValueCondition::kind_of(arguments[i]) != ValueCondition::Kind::kNone) return false;
  }
  return true;
}

std::string_view set_key_flags(std::span<const std::string_view> arguments) {
  const auto options = arguments.subspan(std::min<std::size_t>(arguments.size(), 3));
  const bool reads = std::any_of(options.begin(), options.end(), [](std::string_view option) {
    return is_option(option, "GET") || ValueCondition::kind_of(option) != ValueCondition::Kind::kNone;
  });
  return reads ? "RW access update" : "OW update";
}

void setnx(Context& context) {
  if (context.peek(context.argument(1)) != nullptr) return context.reply.integer(0);
  put_string(context, context.argument(1), EncodedString(context.argument(2)));
  context.notify(kEventString, "set", context.argument(1));
  context.reply.integer(1);
}

void setex(Context& context) {
  set_for(context, ExpiryUnit::kSeconds);
}
void psetex(Context& context) {
  set_for(context, ExpiryUnit::kMilliseconds);
}

void getset(Context& context) {
  get(context);
  if (context.reply.is_error()) return;
  put_string(context, context.argument(1), EncodedString(context.argument(2)));
  context.notify(kEventString, "set", context.argument(1));
  context.propagate({"SET", context.argument(1), context.argument(2)});
}

void mset(Context& context) {
  if (context.arguments.size() % 2 == 0) return wrong_argument_count(context);
  put_pairs(context);
  context.reply.ok();
}

void msetnx(Context& context) {
  if (context.arguments.size() % 2 == 0) return wrong_argument_count(context);
  for (std::size_t i = 1; i < context.arguments.size(); i += 2) {
    if (context.peek(context.argument(i)) != nullptr) return context.reply.integer(0);
  }
  put_pairs(context);
  context.reply.integer(1);
}

void append(Context& context) {
  const std::string_view key = context.argument(1);
  const std::string_view tail = context.argument(2);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  if (record == nullptr) {
    put_string(context, key, EncodedString(tail));
    context.notify(kEventString, "append", key);
    return context.reply.integer(static_cast<std::int64_t>(tail.size()));
  }
  const std::size_t size = types::string_size(*record);
  if (!check_string_size(context, size, tail.size())) return;
  record = make_raw(context, record, size + tail.size());
  std::memcpy(record->value() + size, tail.data(), tail.size());
  context.notify(kEventString, "append", key);
  context.reply.integer(static_cast<std::int64_t>(size + tail.size()));
}

void delifeq(Context& context) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  if (record == nullptr || types::StringText(*record).view() != context.argument(2)) return context.reply.integer(0);
  context.remove(record);
  context.notify(kEventGeneric, "del", key);
  context.propagate({"DEL", key});  // without the value, which may be large
  context.reply.integer(1);
}

void setrange(Context& context) {
  const auto offset = integer_argument(context, 2);
  if (!offset) return;
  if (*offset < 0) return context.reply.error("ERR offset is out of range");
  const std::string_view key = context.argument(1);
  const std::string_view patch = context.argument(3);
  Record* record = context.write(key);
  if (!string_or_absent(context, record)) return;
  const std::size_t size = record == nullptr ? 0 : types::string_size(*record);
  if (patch.empty()) return context.reply.integer(static_cast<std::int64_t>(size));
  const auto start = static_cast<std::uint64_t>(*offset);
  if (!check_string_size(context, start, patch.size())) return;

  if (!take_growth(context, record, start + patch.size())) return;
  record = at_least_raw(context, key, record, start + patch.size());
  std::memcpy(record->value() + start, patch.data(), patch.size());
  context.notify(kEventString, "setrange", key);
  context.reply.integer(static_cast<std::int64_t>(record->value_size()));
}

}  // namespace terrace::commands
