// OBJECT: how a key's value is encoded, and how often it is used.
#include <limits>
#include <string_view>

#include "src/commands/families.h"
#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/help.h"
#include "src/config/settings.h"
#include "src/execution/context.h"
#include "src/types/encoding/value.h"
#include "src/types/string/string.h"

namespace terrace::commands {
namespace {

using storage::Encoding;
using storage::Record;
using storage::ValueType;

const Settings& settings_of(const Context& context) {
  return context.parts<KeyParts>().settings;
}

// Redis shares small integers between keys, unless the policy needs an access time or counter for each key.
bool is_shared(const Context& context, const Record& record) {
  if (record.type() != ValueType::kString || record.encoding() != Encoding::kInteger) return false;
  const std::int64_t number = types::stored_integer(record);
  const Settings& settings = settings_of(context);
  const bool own_object =
      settings.max_memory_bytes > 0 && (is_lru(settings.max_memory_policy) || is_lfu(settings.max_memory_policy));
  return number >= 0 && number < types::kSharedIntegers && !own_object;
}

unsigned access_count(Context& context, std::string_view key) {
  return context.locate(key).access_count;
}

}  // namespace

void object_encoding(Context& context) {
  const Record* record = context.read_unnoticed(context.argument(2));
  if (record == nullptr) return context.reply.null();
  context.reply.bulk(types::encoding_name(record->type(), record->encoding()));
}

void object_refcount(Context& context) {
  const Record* record = context.read_unnoticed(context.argument(2));
  if (record == nullptr) return context.reply.null();
  context.reply.integer(is_shared(context, *record) ? std::numeric_limits<std::int32_t>::max() : 1);
}

void object_freq(Context& context) {
  const std::string_view key = context.argument(2);
  if (context.read_unnoticed(key) == nullptr) return context.reply.null();
  if (!is_lfu(settings_of(context).max_memory_policy)) {
    return context.reply.error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
        "between policies at runtime LRU and LFU data will take some time to adjust.");
  }
  context.reply.integer(access_count(context, key) * kFrequencyPerTouch);
}

void object_idletime(Context& context) {
  const std::string_view key = context.argument(2);
  if (context.read_unnoticed(key) == nullptr) return context.reply.null();
  if (is_lfu(settings_of(context).max_memory_policy)) {
    return context.reply.error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between "
        "policies at runtime LRU and LFU data will take some time to adjust.");
  }
  context.reply.integer(context.idle_seconds(key));
}

void object_help(Context& context) {
  static constexpr std::string_view kLines[] = {
      "ENCODING <key>", "    How the key's value is kept.",
      "FREQ <key>",     "    How often the key was used lately.",
      "IDLETIME <key>", "    For how many seconds the key has not been used; may be too few where many keys are used.",
      "REFCOUNT <key>", "    How many references the value has.",
  };
  reply_help(context, "OBJECT", kLines);
}

}  // namespace terrace::commands
