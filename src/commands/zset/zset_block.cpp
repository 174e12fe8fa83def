// The sorted set commands that wait for a member to pop.
#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/zset/zset_handlers.h"
#include "src/commands/zset/zset_pop.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;

void blocking_pop(Context& context, ZsetEnd end) {
  const std::size_t last = context.arguments.size() - 1;
  const auto timeout_ms = seconds_timeout_argument(context, last);
  if (!timeout_ms) return;
  const auto keys = context.arguments.subspan(1, last - 1);
  for (const std::string_view key : context.candidates(keys)) {
    Record* record = context.write(key);
    if (record == nullptr) continue;
    if (!type_or_absent(context, record, ValueType::kSortedSet)) return;
    context.reply.array(3);
    context.reply.bulk(key);
    pop_scored_members(context, record, end, 1, /*nested=*/false);
    return context.propagate({end == ZsetEnd::kLowest ? "ZPOPMIN" : "ZPOPMAX", key});
  }
  context.block({.type = ValueType::kSortedSet, .keys = keys, .timeout_ms = *timeout_ms});
}

}  // namespace

void bzpopmax(Context& context) {
  blocking_pop(context, ZsetEnd::kHighest);
}
void bzpopmin(Context& context) {
  blocking_pop(context, ZsetEnd::kLowest);
}

void bzmpop(Context& context) {
  const auto pop = multiple_zset_pop_arguments(context, 2);
  if (!pop) return;
  const auto timeout_ms = seconds_timeout_argument(context, 1);
  if (!timeout_ms || pop_first_sorted_set(context, context.candidates(pop->keys), pop->popping)) return;
  context.block({.type = ValueType::kSortedSet, .keys = pop->keys, .timeout_ms = *timeout_ms});
}

}  // namespace terrace::commands
