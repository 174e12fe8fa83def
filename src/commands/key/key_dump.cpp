// DUMP and RESTORE.
#include <optional>

#include "src/commands/families.h"
#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/shared/put_value.h"
#include "src/config/settings.h"
#include "src/execution/context.h"
#include "src/types/dump.h"

namespace terrace::commands {
namespace {

using storage::Record;

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;  // ABSTTL: the time to live is a point in time
  std::optional<std::int64_t> idle_seconds;
  std::optional<std::int64_t> frequency;
};

std::optional<RestoreOptions> parse_restore_options(Context& context) {
  RestoreOptions options;
  for (std::size_t i = 4; i < context.arguments.size(); ++i) {
    const bool more = i + 1 < context.arguments.size();
    if (is_option(context.argument(i), "REPLACE")) {
      options.replace = true;
    } else if (is_option(context.argument(i), "ABSTTL")) {
      options.absolute = true;
    } else if (is_option(context.argument(i), "IDLETIME") && more && !options.frequency) {
      const auto seconds = integer_argument(context, ++i);
      if (!seconds) return std::nullopt;
      if (*seconds < 0) return context.reply.error("ERR Invalid IDLETIME value, must be >= 0"), std::nullopt;
      options.idle_seconds = seconds;
    } else if (is_option(context.argument(i), "FREQ") && more && !options.idle_seconds) {
      const auto count = integer_argument(context, ++i);
      if (!count) return std::nullopt;
      if (*count < 0 || *count > 255) {
        return context.reply.error("ERR Invalid FREQ value, must be >= 0 and <= 255"), std::nullopt;
      }
      options.frequency = count;
    } else {
      context.reply.syntax_error();
      return std::nullopt;
    }
  }
  return options;
}

// As far as the policy asks for one of them. What has been idle leaves memory first.
void set_use(Context& context, const RestoreOptions& options) {
  const std::string_view key = context.argument(1);
  const bool counts = is_lfu(context.parts<KeyParts>().settings.max_memory_policy);
  if (options.idle_seconds && !counts) {
    context.set_idle_seconds(key, *options.idle_seconds);
    if (*options.idle_seconds > 0) context.set_access_count(key, 0);
  }
  if (options.frequency && counts) {
    constexpr std::int64_t kRoundUp = kFrequencyPerTouch - 1;
    context.set_access_count(key, static_cast<unsigned>((*options.frequency + kRoundUp) / kFrequencyPerTouch));
  }
}

// Propagates RESTORE with an absolute expiry, which has the same effect at any time.
void propagate_restore(Context& context, std::int64_t expiry_ms) {
  const types::IntegerText expiry(expiry_ms);
  context.propagate({"RESTORE", context.argument(1), expiry, context.argument(3), "REPLACE", "ABSTTL"});
}

}  // namespace

void dump(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.null();
  context.reply.bulk(types::dump_value(*record));
}

void restore(Context& context) {
  const auto options = parse_restore_options(context);
  if (!options) return;
  const std::string_view key = context.argument(1);
  Record* old = context.write(key);
  if (old != nullptr && !options->replace) {
    return context.reply.error("BUSYKEY Target key name already exists.");
  }
  const auto ttl_ms = integer_argument(context, 2);
  if (!ttl_ms) return;
  if (*ttl_ms < 0) return context.reply.error("ERR Invalid TTL value, must be >= 0");
  const std::string_view payload = context.argument(3);
  if (!types::dump_intact(payload)) return context.reply.error("ERR DUMP payload version or checksum are wrong");
  if (!context.take_memory(payload.size())) return;
  auto value = types::restore_value(payload, collection_limits(context));
  if (!value) return context.reply.error("ERR Bad data format");

  context.reply.ok();
  std::int64_t expiry_ms = *ttl_ms;
  if (expiry_ms != 0 && !options->absolute) __builtin_add_overflow(expiry_ms, context.now_ms, &expiry_ms);
  if (expiry_ms != 0 && expiry_ms < context.now_ms && !context.replaying()) {
    if (old == nullptr) return;
    context.remove(old);
    context.notify(kEventGeneric, "del", key);
    return context.propagate({"DEL", key});
  }
  if (expiry_ms != 0) value->expiry_ms = expiry_ms;
  if (old != nullptr) context.notify(kEventNew, "new", key);
  put_value(context, key, context.database_number(), std::move(*value));
  context.notify(kEventGeneric, "restore", key);
  set_use(context, *options);
  propagate_restore(context, expiry_ms);
}

}  // namespace terrace::commands
