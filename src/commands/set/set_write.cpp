// The set commands that change sets by members that are named.
#include "src/commands/set/set_access.h"
#include "src/commands/set/set_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::SetView;

}  // namespace

void sadd(Context& context) {
  const std::string_view key = context.argument(1);
  Record* record = context.write(key);
  if (!type_or_absent(context, record, ValueType::kSet)) return;
  // Members that the set has already change nothing: the record stays clean.
  auto members = context.arguments.subspan(2);
  while (!members.empty() && set_contains(record, members.front())) members = members.subspan(1);
  if (members.empty()) return context.reply.integer(0);
  types::Set set = changed_set(context, key, record, members.front());
  std::int64_t added = 0;
  for (const std::string_view member : members) added += set.add(member) ? 1 : 0;
  context.notify(kEventSet, "sadd", key);
  context.reply.integer(added);
}

void srem(Context& context) {
  Record* record = context.write(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kSet)) return;
  const std::int64_t removed = record == nullptr ? 0 : erase_members(context, record, context.arguments.subspan(2));
  if (removed > 0) notify_removal(context, "srem", record);
  context.reply.integer(removed);
}

void smove(Context& context) {
  const std::string_view destination = context.argument(2), member = context.argument(3);
  Record* from = context.write(context.argument(1));
  Record* to = context.write(destination);
  if (from == nullptr) return context.reply.integer(0);
  if (!type_or_absent(context, from, ValueType::kSet) || !type_or_absent(context, to, ValueType::kSet)) return;
  if (from == to) return context.reply.integer(set_contains(from, member) ? 1 : 0);
  if (erase_members(context, from, context.arguments.subspan(3)) == 0) return context.reply.integer(0);
  notify_removal(context, "srem", from);
  if (!set_contains(to, member)) {
    changed_set(context, destination, to, member).add(member);
    context.notify(kEventSet, "sadd", destination);
  }
  context.reply.integer(1);
}

}  // namespace terrace::commands
