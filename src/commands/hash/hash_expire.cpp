// The hash commands about the expiry of fields: HEXPIRE and its variants set it, HTTL and its variants return it,
// HPERSIST removes it. HGETEX and HSETEX set it for the fields that they read or set, HGETDEL deletes the fields that
// it reads.
#include <vector>

#include "src/commands/hash/hash_access.h"
#include "src/commands/hash/hash_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {
namespace {

using storage::kNoExpiry;
using storage::Record;
using storage::ValueType;
using types::Hash;
using types::IntegerText;
using Texts = std::span<const std::string_view>;

constexpr std::int64_t kMsPerSecond = 1000;
// As in Redis, which keeps two bits of the time in RDB files free.
constexpr std::int64_t kMaxTimeMs = static_cast<std::int64_t>(types::kMaxFieldTimeMs >> 2);
constexpr std::string_view kNoPositiveNumber = "ERR Number of fields must be a positive integer";

// The reply for one field.
enum Told : std::int64_t { kNoField = -2, kNoTime = -1, kUnmet = 0, kDone = 1, kDeleted = 2 };

enum class Unit : std::int64_t { kMilliseconds = 1, kSeconds = kMsPerSecond };
enum class Base : bool { kNow, kEpoch };

std::int64_t base_ms(const Context& context, Base base) {
  return base == Base::kNow ? context.now_ms : 0;
}

// The time that an argument gives, in Unix milliseconds.
std::optional<std::int64_t> parse_time(Context& context, std::size_t index, Unit unit, Base base) {
  const auto number = integer_argument(context, index);
  if (!number) return std::nullopt;
  if (*number < 0) return context.reply.error("ERR invalid expire time, must be >= 0"), std::nullopt;
  const auto factor = static_cast<std::int64_t>(unit);
  const std::int64_t start_ms = base_ms(context, base);
  if (*number > kMaxTimeMs / factor || *number * factor > kMaxTimeMs - start_ms) {
    return invalid_expire_time(context), std::nullopt;
  }
  return *number * factor + start_ms;
}

// Reads FIELDS, the number of fields and the fields, from argument `index` on.
std::optional<Texts> parse_fields(Context& context, std::size_t index, std::string_view number_error) {
  if (index >= context.arguments.size() || !is_option(context.argument(index), "FIELDS")) {
    return context.reply.error("ERR Mandatory argument FIELDS is missing or not at the right position"), std::nullopt;
  }
  if (index + 1 >= context.arguments.size()) return wrong_argument_count(context), std::nullopt;
  const auto count = parse_integer(context.argument(index + 1));
  if (!count || *count < 1) return context.reply.error(number_error), std::nullopt;
  const Texts fields = context.arguments.subspan(index + 2);
  if (static_cast<std::uint64_t>(*count) != fields.size()) {
    return context.reply.error("ERR The `numfields` parameter must match the number of arguments"), std::nullopt;
  }
  return fields;
}

// Changes the hash of argument 1, if there is one, field by field, and gathers the effect for the log.
class FieldChanges {
 public:
  // Removes those of `fields` that have expired.
  FieldChanges(Context& context, Record* record, Texts fields)
      : context_(context), record_(record ? context.remove_expired_fields(record, fields) : nullptr) {}

  std::optional<types::ElementText> find(std::string_view field) const {
    return record() ? hash_view(context_, *record()).find(field) : std::nullopt;
  }
  std::optional<std::int64_t> time_of(std::string_view field) const {
    return record() ? hash_view(context_, *record()).time_of(field) : std::nullopt;
  }
  // --- for fields that exist
  void erase(std::string_view field) {
    changed().erase(field);
    erased_.push_back(field);
  }
  // A time in the past deletes the field, except in replay. True: the field still exists.
  bool set_time(std::string_view field, std::int64_t time_ms) {
    if (time_ms != kNoExpiry && time_ms <= context_.now_ms && !context_.replaying()) return erase(field), false;
    changed().set_time(field, time_ms);
    timed_.push_back(field);
    return true;
  }
  // Removes an empty hash and propagates the effect. `time_ms`: the argument of set_time().
  void end(std::int64_t time_ms) {
    if (!timed_.empty() && time_ms == kNoExpiry) tell({"HPERSIST", context_.argument(1)}, timed_, true);
    if (!timed_.empty() && time_ms != kNoExpiry) {
      tell({"HPEXPIREAT", context_.argument(1), IntegerText(time_ms)}, timed_, true);
    }
    if (!erased_.empty()) tell({"HDEL", context_.argument(1)}, erased_, false);
    const std::string_view event = !erased_.empty() ? "hdel" : time_ms == kNoExpiry ? "hpersist" : "hexpire";
    if (hash_) context_.notify(kEventHash, event, context_.argument(1));
    if (!hash_ || !hash_->empty()) return;
    context_.remove(hash_->record());
    context_.notify(kEventGeneric, "del", context_.argument(1));
  }

 private:
  Record* record() const { return hash_ ? hash_->record() : record_; }
  Hash& changed() { return hash_ ? *hash_ : hash_.emplace(changed_hash(context_, record_)); }
  void tell(std::initializer_list<std::string_view> head, const std::vector<std::string_view>& fields, bool counted) {
    std::vector<std::string_view> effect(head);
    const IntegerText count(static_cast<std::int64_t>(fields.size()));
    if (counted) effect.insert(effect.end(), {"FIELDS", count});
    effect.insert(effect.end(), fields.begin(), fields.end());
    context_.propagate(effect);
  }

  Context& context_;
  Record* record_;
  std::optional<Hash> hash_;  // set by the first change
  std::vector<std::string_view> erased_;
  std::vector<std::string_view> timed_;
};

// --- HEXPIRE and its variants

enum class Condition : std::uint8_t { kNone, kUntimed, kTimed, kLater, kEarlier };

Condition condition_of(std::string_view argument) {
  if (is_option(argument, "NX")) return Condition::kUntimed;
  if (is_option(argument, "XX")) return Condition::kTimed;
  if (is_option(argument, "GT")) return Condition::kLater;
  if (is_option(argument, "LT")) return Condition::kEarlier;
  return Condition::kNone;
}

// A field without a time counts as one with an infinitely late time.
bool allows(Condition condition, std::int64_t old_ms, std::int64_t new_ms) {
  const bool timed = old_ms != kNoExpiry;
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kUntimed:
      return !timed;
    case Condition::kTimed:
      return timed;
    case Condition::kLater:
      return timed && new_ms > old_ms;
    case Condition::kEarlier:
      return !timed || new_ms < old_ms;
  }
  return false;
}

void expire_fields(Context& context, Unit unit, Base base) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  const auto time_ms = parse_time(context, 2, unit, base);
  if (!time_ms) return;
  const Condition condition = condition_of(context.argument(3));
  const auto fields = parse_fields(context, condition == Condition::kNone ? 3 : 4,
                                   "ERR Parameter `numFields` should be greater than 0");
  if (!fields) return;
  FieldChanges changes(context, record, *fields);
  context.reply.array(fields->size());
  for (const std::string_view field : *fields) {
    const auto old_ms = changes.time_of(field);
    if (!old_ms) {
      context.reply.integer(kNoField);
    } else if (!allows(condition, *old_ms, *time_ms)) {
      context.reply.integer(kUnmet);
    } else {
      context.reply.integer(changes.set_time(field, *time_ms) ? kDone : kDeleted);
    }
  }
  changes.end(*time_ms);
}

// --- HTTL and its variants

void tell_times(Context& context, Unit unit, Base base) {
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  const auto fields = parse_fields(context, 2, kNoPositiveNumber);
  if (!fields) return;
  std::optional<types::HashView> hash;
  if (record) hash.emplace(hash_view(context, *record));
  context.reply.array(fields->size());
  for (const std::string_view field : *fields) {
    const auto time_ms = hash ? hash->time_of(field) : std::nullopt;
    if (!time_ms) {
      context.reply.integer(kNoField);
    } else if (*time_ms == kNoExpiry) {
      context.reply.integer(kNoTime);
    } else {
      const auto factor = static_cast<std::int64_t>(unit);  // rounded up
      context.reply.integer((*time_ms - base_ms(context, base) + factor - 1) / factor);
    }
  }
}

// --- HGETEX and HSETEX

// EX, PX, EXAT, PXAT, PERSIST or KEEPTTL; kNone: another option.
struct TimeOption {
  enum class Kind : std::uint8_t { kNone, kTime, kPersist, kKeep } kind = Kind::kNone;
  Unit unit = Unit::kSeconds;
  Base base = Base::kNow;
};

TimeOption time_option(std::string_view argument) {
  using Kind = TimeOption::Kind;
  if (is_option(argument, "EX")) return {Kind::kTime, Unit::kSeconds, Base::kNow};
  if (is_option(argument, "PX")) return {Kind::kTime, Unit::kMilliseconds, Base::kNow};
  if (is_option(argument, "EXAT")) return {Kind::kTime, Unit::kSeconds, Base::kEpoch};
  if (is_option(argument, "PXAT")) return {Kind::kTime, Unit::kMilliseconds, Base::kEpoch};
  return {};
}

struct SetOptions {
  TimeOption time;
  std::int64_t time_ms = kNoExpiry;
  bool if_all = false;   // FXX
  bool if_none = false;  // FNX
  Texts pairs;           // fields and values
};

// Reads FIELDS, the number of pairs and the pairs, which are the last arguments.
bool parse_pairs(Context& context, std::size_t index, SetOptions& options) {
  if (index + 3 >= context.arguments.size()) return wrong_argument_count(context), false;
  const auto count = int32_argument(context, index + 1, "ERR invalid number of fields");
  if (!count) return false;
  if (*count < 1) return context.reply.error("ERR invalid number of fields"), false;
  options.pairs = context.arguments.subspan(index + 2);
  if (options.pairs.size() % 2 != 0 || options.pairs.size() / 2 != static_cast<std::size_t>(*count)) {
    return wrong_argument_count(context), false;
  }
  return true;
}

// Reads EX or a similar option with its time, or KEEPTTL, at `index`. `index` is the last argument read then.
bool parse_set_time(Context& context, std::size_t& index, SetOptions& options) {
  if (options.time.kind != TimeOption::Kind::kNone) {
    context.reply.error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
    return false;
  }
  options.time = time_option(context.argument(index));
  if (options.time.kind == TimeOption::Kind::kNone) {
    options.time.kind = TimeOption::Kind::kKeep;
    return true;
  }
  if (++index >= context.arguments.size()) return context.reply.error("ERR missing expire time"), false;
  const auto time_ms = parse_time(context, index, options.time.unit, options.time.base);
  options.time_ms = time_ms.value_or(kNoExpiry);
  return time_ms.has_value();
}

std::optional<SetOptions> parse_set_options(Context& context) {
  SetOptions options;
  for (std::size_t i = 2; i < context.arguments.size(); ++i) {
    const std::string_view argument = context.argument(i);
    const bool if_all = is_option(argument, "FXX");
    if (is_option(argument, "FIELDS")) {
      if (!parse_pairs(context, i, options)) return std::nullopt;
      return options;
    }
    if (is_option(argument, "KEEPTTL") || time_option(argument).kind != TimeOption::Kind::kNone) {
      if (!parse_set_time(context, i, options)) return std::nullopt;
    } else if (if_all || is_option(argument, "FNX")) {
      if (options.if_all || options.if_none) {
        return context.reply.error("ERR Only one of FXX or FNX arguments can be specified"), std::nullopt;
      }
      (if_all ? options.if_all : options.if_none) = true;
    } else {
      return context.reply.error("ERR unknown argument: " + shown(argument)), std::nullopt;
    }
  }
  // Redis would reply nothing here.
  return wrong_argument_count(context), std::nullopt;
}

bool condition_met(Context& context, const Record* record, const SetOptions& options) {
  if (!options.if_all && !options.if_none) return true;
  if (record == nullptr) return options.if_none;
  const types::HashView hash = hash_view(context, *record);
  for (std::size_t i = 0; i < options.pairs.size(); i += 2) {
    if (hash.contains(options.pairs[i]) != options.if_all) return false;
  }
  return true;
}

// Sets fields with an expiry in the past: they are deleted.
void set_expired_fields(Context& context, Record* record, Texts pairs) {
  FieldChanges changes(context, record, {});
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (changes.find(pairs[i])) changes.erase(pairs[i]);
  }
  changes.end(kNoExpiry);
}

void propagate_set(Context& context, const SetOptions& options) {
  std::vector<std::string_view> effect{"HSETEX", context.argument(1)};
  const IntegerText time(options.time_ms);
  const IntegerText count(static_cast<std::int64_t>(options.pairs.size() / 2));
  if (options.time.kind == TimeOption::Kind::kKeep) effect.emplace_back("KEEPTTL");
  if (options.time.kind == TimeOption::Kind::kTime) effect.insert(effect.end(), {"PXAT", time});
  effect.insert(effect.end(), {"FIELDS", count});
  effect.insert(effect.end(), options.pairs.begin(), options.pairs.end());
  context.propagate(effect);
}

}  // namespace

void hexpire(Context& context) {
  expire_fields(context, Unit::kSeconds, Base::kNow);
}
void hexpireat(Context& context) {
  expire_fields(context, Unit::kSeconds, Base::kEpoch);
}
void hpexpire(Context& context) {
  expire_fields(context, Unit::kMilliseconds, Base::kNow);
}
void hpexpireat(Context& context) {
  expire_fields(context, Unit::kMilliseconds, Base::kEpoch);
}

void httl(Context& context) {
  tell_times(context, Unit::kSeconds, Base::kNow);
}
void hpttl(Context& context) {
  tell_times(context, Unit::kMilliseconds, Base::kNow);
}
void hexpiretime(Context& context) {
  tell_times(context, Unit::kSeconds, Base::kEpoch);
}
void hpexpiretime(Context& context) {
  tell_times(context, Unit::kMilliseconds, Base::kEpoch);
}

void hpersist(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  const auto fields = parse_fields(context, 2, kNoPositiveNumber);
  if (!fields) return;
  FieldChanges changes(context, record, *fields);
  context.reply.array(fields->size());
  for (const std::string_view field : *fields) {
    const auto time_ms = changes.time_of(field);
    if (!time_ms) {
      context.reply.integer(kNoField);
    } else if (*time_ms == kNoExpiry) {
      context.reply.integer(kNoTime);
    } else {
      changes.set_time(field, kNoExpiry);
      context.reply.integer(kDone);
    }
  }
  changes.end(kNoExpiry);
}

void hgetdel(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  const auto fields = parse_fields(context, 2, kNoPositiveNumber);
  if (!fields) return;
  FieldChanges changes(context, record, *fields);
  context.reply.array(fields->size());
  for (const std::string_view field : *fields) {
    if (const auto value = changes.find(field)) {
      context.reply.bulk(value->view());
      changes.erase(field);
    } else {
      context.reply.null();
    }
  }
  changes.end(kNoExpiry);
}

void hgetex(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kHash)) return;
  TimeOption option = time_option(context.argument(2));
  std::int64_t time_ms = kNoExpiry;
  std::size_t fields_index = 2;
  if (option.kind == TimeOption::Kind::kTime) {
    const auto time = parse_time(context, 3, option.unit, option.base);
    if (!time) return;
    time_ms = *time;
    fields_index = 4;
  } else if (is_option(context.argument(2), "PERSIST")) {
    option.kind = TimeOption::Kind::kPersist;
    fields_index = 3;
  }
  const auto fields = parse_fields(context, fields_index, kNoPositiveNumber);
  if (!fields) return;
  FieldChanges changes(context, record, *fields);
  context.reply.array(fields->size());
  for (const std::string_view field : *fields) {
    const auto value = changes.find(field);
    if (!value) {
      context.reply.null();
      continue;
    }
    context.reply.bulk(value->view());
    const bool timed = changes.time_of(field).value_or(kNoExpiry) != kNoExpiry;
    if (option.kind == TimeOption::Kind::kTime || (option.kind == TimeOption::Kind::kPersist && timed)) {
      changes.set_time(field, time_ms);
    }
  }
  changes.end(time_ms);
}

void hsetex(Context& context) {
  const auto options = parse_set_options(context);
  if (!options) return;
  Record* record;
  if (!find_hash_to_change(context, record, options->pairs, 2)) return;
  if (!condition_met(context, record, *options)) return context.reply.integer(0);
  context.reply.integer(1);
  const bool timed = options->time.kind == TimeOption::Kind::kTime;
  if (timed && options->time_ms <= context.now_ms && !context.replaying()) {
    return set_expired_fields(context, record, options->pairs);
  }
  Hash hash = changed_hash(context, record);
  for (std::size_t i = 0; i < options->pairs.size(); i += 2) {
    hash.set(options->pairs[i], options->pairs[i + 1],
             options->time.kind == TimeOption::Kind::kNone ? Hash::Time::kGoes : Hash::Time::kStays);
    if (timed) hash.set_time(options->pairs[i], options->time_ms);
  }
  context.notify(kEventHash, "hset", context.argument(1));
  if (timed) context.notify(kEventHash, "hexpire", context.argument(1));
  propagate_set(context, *options);
}

}  // namespace terrace::commands
