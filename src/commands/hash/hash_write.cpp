// The hash commands that change hashes.
#include <cmath>

#include "src/commands/hash/hash_access.h"
#include "src/commands/hash/hash_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

using storage::Record;
using types::Hash;

// HSET and HMSET: sets the fields and returns how many are new. Nothing: the error is replied.
std::optional<std::int64_t> set_fields(Context& context) {
  if (context.arguments.size() % 2 != 0) {
    wrong_argument_count(context);
    return std::nullopt;
  }
  Record* record;
  if (!find_hash_to_change(context, record, context.arguments.subspan(2), 2)) return std::nullopt;
  Hash hash = changed_hash(context, record);
  std::int64_t added = 0;
  for (std::size_t i = 2; i < context.arguments.size(); i += 2) {
    added += hash.set(context.argument(i), context.argument(i + 1)) ? 1 : 0;
  }
  context.notify(kEventHash, "hset", context.argument(1));
  return added;
}

// The value of a field for HINCRBY and HINCRBYFLOAT, nothing if there is no such field.
std::optional<types::ElementText> old_text(const Context& context, const Record* record, std::string_view field) {
  return record == nullptr ? std::nullopt : hash_view(context, *record).find(field);
}

}  // namespace

void hset(Context& context) {
  if (const auto added = set_fields(context)) context.reply.integer(*added);
}

void hmset(Context& context) {
  if (set_fields(context)) context.reply.ok();
}

void hsetnx(Context& context) {
  const std::string_view field = context.argument(2);
  Record* record;
  if (!find_hash_to_change(context, record, context.arguments.subspan(2, 1))) return;
  if (record != nullptr && hash_view(context, *record).contains(field)) return context.reply.integer(0);
  changed_hash(context, record).set(field, context.argument(3));
  context.notify(kEventHash, "hset", context.argument(1));
  context.reply.integer(1);
}

void hdel(Context& context) {
  Record* record;
  if (!find_hash_to_change(context, record, context.arguments.subspan(2))) return;
  std::int64_t removed = 0;
  for (std::size_t i = 2; record != nullptr && i < context.arguments.size(); ++i) {
    if (!hash_view(context, *record).contains(context.argument(i))) continue;
    Hash hash = changed_hash(context, record);
    hash.erase(context.argument(i));
    ++removed;
    record = hash.record();
    if (!hash.empty()) continue;
    context.remove(record);
    record = nullptr;
  }
  if (removed > 0) context.notify(kEventHash, "hdel", context.argument(1));
  if (removed > 0 && record == nullptr) context.notify(kEventGeneric, "del", context.argument(1));
  context.reply.integer(removed);
}

void hincrby(Context& context) {
  const auto increment = integer_argument(context, 3);
  if (!increment) return;
  const std::string_view field = context.argument(2);
  Record* record;
  if (!find_hash_to_change(context, record, context.arguments.subspan(2, 1))) return;
  std::int64_t number = 0;
  if (const auto text = old_text(context, record, field)) {
    const auto old_number = types::parse_integer(text->view());
    if (!old_number) return context.reply.error("ERR hash value is not an integer");
    number = *old_number;
  }
  if (__builtin_add_overflow(number, *increment, &number)) {
    return context.reply.error("ERR increment or decrement would overflow");
  }
  changed_hash(context, record).set(field, types::IntegerText(number), Hash::Time::kStays);
  context.notify(kEventHash, "hincrby", context.argument(1));
  context.reply.integer(number);
}

void hincrbyfloat(Context& context) {
  const auto increment = types::parse_real(context.argument(3));
  if (!increment) return context.reply.error("ERR value is not a valid float");
  if (std::isinf(*increment)) return context.reply.error("ERR value is NaN or Infinity");
  const std::string_view field = context.argument(2);
  Record* record;
  if (!find_hash_to_change(context, record, context.arguments.subspan(2, 1))) return;
  long double number = 0;
  if (const auto text = old_text(context, record, field)) {
    const auto old_number = types::parse_real(text->view());
    if (!old_number) return context.reply.error("ERR hash value is not a float");
    number = *old_number;
  }
  number += *increment;
  if (std::isnan(number) || std::isinf(number)) {
    return context.reply.error("ERR increment would produce NaN or Infinity");
  }
  const std::string text = types::format_real(number);
  Hash hash = changed_hash(context, record);
  hash.set(field, text, Hash::Time::kStays);
  context.notify(kEventHash, "hincrbyfloat", context.argument(1));
  context.reply.bulk(text);
  // The effect has the result: replay must not depend on how a machine rounds.
  if (hash.record()->expires().parts) {
    context.propagate({"HSETEX", context.argument(1), "KEEPTTL", "FIELDS", "1", field, text});
  } else {
    context.propagate({"HSET", context.argument(1), field, text});
  }
}

}  // namespace terrace::commands
