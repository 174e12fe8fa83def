// The key commands that look keys up or delete them: DEL, EXISTS, TOUCH, TYPE, RANDOMKEY.
#include <optional>
#include <string>
#include <vector>

#include "src/commands/key/key_handlers.h"
#include "src/commands/shared/scan.h"
#include "src/execution/context.h"
#include "src/execution/keyspace_iterator.h"
#include "src/types/encoding/value.h"

namespace terrace::commands {
namespace {

using storage::Record;

// The n-th number of the random sequence that `seed` begins (splitmix64, by Sebastiano Vigna).
std::uint64_t nth_random(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t x = seed + n * 0x9E3779B97F4A7C15ull;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
  return x ^ (x >> 31);
}

}  // namespace

// DEL and UNLINK: both free large values in the background.
void del(Context& context) {
  std::int64_t removed = 0;
  for (const std::string_view key : context.arguments.subspan(1)) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    context.remove(record);
    context.notify(kEventGeneric, "del", key);
    ++removed;
  }
  context.reply.integer(removed);
}

void exists(Context& context) {
  std::int64_t found = 0;
  for (const std::string_view key : context.arguments.subspan(1)) {
    if (context.read_without_touch(key) != nullptr) ++found;
  }
  context.reply.integer(found);
}

void touch(Context& context) {
  std::int64_t found = 0;
  for (const std::string_view key : context.arguments.subspan(1)) {
    if (context.touch(key) != nullptr) ++found;
  }
  context.reply.integer(found);
}

void type(Context& context) {
  const Record* record = context.read_without_touch(context.argument(1));
  context.reply.simple(record == nullptr ? "none" : types::type_name(record->type()));
}

// Removes the expired keys that it draws, after the last point at which the handler may be run again. If many draws in
// a row are expired keys, the keyspace counts as empty.
void randomkey(Context& context) {
  constexpr unsigned kMaxDraws = 128;
  KeyspaceIterator keys(context, context.database_number());
  std::vector<std::string> expired;
  std::optional<std::string> found;
  for (unsigned draw = 0; draw < kMaxDraws && !found; ++draw) {
    const std::optional<const Record*> drawn = keys.random(nth_random(context.random(), draw));
    if (!drawn) return;
    const Record* record = *drawn;
    if (record == nullptr) break;
    if (record->expired(context.now_ms)) {
      expired.emplace_back(record->key());
    } else {
      found = record->key();
    }
  }
  if (!remove_expired(context, expired)) return;
  if (found) {
    context.reply.bulk(*found);
  } else {
    context.reply.null();
  }
}

}  // namespace terrace::commands
