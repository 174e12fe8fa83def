#include "src/execution/key_remover.h"

#include <string_view>
#include <vector>

#include "io/activity.h"
#include "src/types/hash/hash.h"

namespace terrace {
namespace {

// One call removes at most so many fields, so that other commands do not wait for it.
constexpr std::size_t kMaxExpiredFields = 64;

// The look-up removes the key if it has expired.
void expire_key(Context& context) {
  context.peek(context.argument(1));
}

void expire_parts(Context& context) {
  storage::Record* record = context.write(context.argument(1));
  if (record == nullptr || !record->expires().parts) return;
  const std::vector<std::string> expired = types::HashView(*record, context.now_ms).expired_fields(kMaxExpiredFields);
  context.remove_expired_fields(record, std::vector<std::string_view>(expired.begin(), expired.end()));
}

void evict(Context& context) {
  storage::Record* record = context.write(context.argument(1));
  if (record == nullptr) return;
  context.remove(record);
  context.notify(kEventEvicted, "evicted", context.argument(1));
}

constexpr KeySpec kKey[] = {{.flags = "RW delete"}};

// Rows outside the command table: no client can run them. Their effects are DEL and HDEL; the last one's row has the
// name of its effect.
constexpr Command row(std::string_view name, void (*handler)(Context&)) {
  return {.name = name,
          .arity = 2,
          .flags = kWrite,
          .categories = 0,
          .keys = kKey,
          .run = handler,
          .summary = {},
          .since = {},
          .group = {},
          .complexity = {}};
}
constexpr Command kExpireKey = row("expire-key", expire_key);
constexpr Command kExpireParts = row("expire-parts", expire_parts);
constexpr Command kEvict = row("del", evict);

void use(CommandEntry& entry, const Command& command) {
  entry.row = &command;
  entry.one_key = true;
}

bool run_marked(Dispatcher& dispatcher, CommandBatch& batch) {
  const io::Activity activity("expire-cycle");
  return dispatcher.run(batch);
}

}  // namespace

KeyRemover::KeyRemover(Dispatcher& dispatcher, io::Clock& clock) : dispatcher_(dispatcher), clock_(clock) {
  use(expire_key_, kExpireKey);
  use(expire_parts_, kExpireParts);
  use(evict_, kEvict);
}

io::Task<> KeyRemover::run(CommandEntry& entry, unsigned database, std::span<const std::string> keys,
                           storage::FetchedRecords* heads) {
  std::unique_ptr<CommandBatch> batch = dispatcher_.pool().take();
  session_.database = database;
  batch->begin(session_, replies_, origin_, clock_.wall_ms());
  batch->fixed_entry = &entry;
  if (heads != nullptr) std::swap(batch->fetched_records, *heads);
  RequestBatch& requests = batch->requests;
  for (const std::string& key : keys) {
    requests.requests.push_back({static_cast<std::uint32_t>(requests.arguments.size()), 2, {}});
    requests.arguments.insert(requests.arguments.end(), {std::string_view("DEL"), std::string_view(key)});
  }
  while (true) {
    const bool ended = run_marked(dispatcher_, *batch);
    if (ended) break;
    co_await dispatcher_.wait(*batch);
  }
  if (heads != nullptr) std::swap(batch->fetched_records, *heads);
  replies_ = OutputBuffer();
  dispatcher_.pool().give_back(std::move(batch));
}

}  // namespace terrace
