// The key commands about expiry: EXPIRE and its variants set it, TTL and its variants return it, PERSIST removes it.

#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/execution/context.h"
#include "src/text/number.h"

namespace terrace::commands {
namespace {

using storage::Record;

constexpr std::int64_t kMsPerSecond = 1000;

enum class Unit : std::int64_t { kMilliseconds = 1, kSeconds = kMsPerSecond };
enum class Base : bool { kNow, kEpoch };

struct Conditions {
  bool none = false;     // NX: only without an expiry
  bool some = false;     // XX: only with one
  bool later = false;    // GT
  bool earlier = false;  // LT

  // Does the condition allow this change of the expiry? No expiry counts as infinitely late.
  bool allow(std::int64_t old_ms, std::int64_t new_ms) const {
    const bool expires = old_ms != storage::kNoExpiry;
    if (none && expires) return false;
    if (some && !expires) return false;
    if (later && (!expires || new_ms <= old_ms)) return false;
    return !(earlier && expires && new_ms >= old_ms);
  }
};

std::optional<Conditions> parse_conditions(Context& context) {
  Conditions conditions;
  for (std::size_t i = 3; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    if (is_option(argument, "NX")) {
      conditions.none = true;
    } else if (is_option(argument, "XX")) {
      conditions.some = true;
    } else if (is_option(argument, "GT")) {
      conditions.later = true;
    } else if (is_option(argument, "LT")) {
      conditions.earlier = true;
    } else {
      context.reply.error("ERR Unsupported option " + shown(argument));
      return std::nullopt;
    }
  }
  if (conditions.none && (conditions.some || conditions.later || conditions.earlier)) {
    context.reply.error("ERR NX and XX, GT or LT options at the same time are not compatible");
    return std::nullopt;
  }
  if (conditions.later && conditions.earlier) {
    context.reply.error("ERR GT and LT options at the same time are not compatible");
    return std::nullopt;
  }
  return conditions;
}

// The time that argument 2 gives, in Unix milliseconds; it may lie in the past, also before the epoch.
std::optional<std::int64_t> parse_time(Context& context, Unit unit, Base base) {
  const auto number = integer_argument(context, 2);
  if (!number) return std::nullopt;
  std::int64_t time_ms;
  if (__builtin_mul_overflow(*number, static_cast<std::int64_t>(unit), &time_ms) ||
      (base == Base::kNow && __builtin_add_overflow(time_ms, context.now_ms, &time_ms))) {
    invalid_expire_time(context);
    return std::nullopt;
  }
  return time_ms;
}

void expire_at(Context& context, Unit unit, Base base) {
  const auto conditions = parse_conditions(context);
  if (!conditions) return;
  const auto time_ms = parse_time(context, unit, base);
  if (!time_ms) return;
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (record == nullptr || !conditions->allow(record->expiry_ms(), *time_ms)) return context.reply.integer(0);
  if (*time_ms <= context.now_ms && !context.replaying()) {
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
    context.propagate({"DEL", key});
  } else {
    context.set_expiry(record, *time_ms);
    context.notify(kEventGeneric, "expire", key);
    context.propagate({"PEXPIREAT", key, types::IntegerText(*time_ms)});
  }
  context.reply.integer(1);
}

void reply_expiry(Context& context, Unit unit, Base base) {
  const Record* record = context.read_without_touch(context.argument(1));
  if (record == nullptr) return context.reply.integer(-2);
  std::int64_t time_ms = record->expiry_ms();
  if (time_ms == storage::kNoExpiry) return context.reply.integer(-1);
  if (base == Base::kNow) time_ms -= context.now_ms;
  if (time_ms < 0) time_ms = 0;
  // Rounded as an unsigned number: a time near the largest signed one would overflow.
  const auto seconds = (static_cast<std::uint64_t>(time_ms) + kMsPerSecond / 2) / kMsPerSecond;
  context.reply.integer(unit == Unit::kSeconds ? static_cast<std::int64_t>(seconds) : time_ms);
}

}  // namespace

void expire(Context& context) {
  expire_at(context, Unit::kSeconds, Base::kNow);
}
void expireat(Context& context) {
  expire_at(context, Unit::kSeconds, Base::kEpoch);
}
void pexpire(Context& context) {
  expire_at(context, Unit::kMilliseconds, Base::kNow);
}
void pexpireat(Context& context) {
  expire_at(context, Unit::kMilliseconds, Base::kEpoch);
}

void ttl(Context& context) {
  reply_expiry(context, Unit::kSeconds, Base::kNow);
}
void pttl(Context& context) {
  reply_expiry(context, Unit::kMilliseconds, Base::kNow);
}
void expiretime(Context& context) {
  reply_expiry(context, Unit::kSeconds, Base::kEpoch);
}
void pexpiretime(Context& context) {
  reply_expiry(context, Unit::kMilliseconds, Base::kEpoch);
}

void persist(Context& context) {
  Record* record = context.write(context.argument(1));
  if (record == nullptr || record->expiry_ms() == storage::kNoExpiry) return context.reply.integer(0);
  context.set_expiry(record, storage::kNoExpiry);
  context.notify(kEventGeneric, "persist", context.argument(1));
  context.reply.integer(1);
}

}  // namespace terrace::commands
