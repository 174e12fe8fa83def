// The set commands that read one set.
#include "src/commands/set/set_access.h"
#include "src/commands/set/set_handlers.h"
#include "src/commands/shared/element_scan.h"
#include "src/types/set/set.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;
using types::SetView;

// Finds the set of argument 1, nullptr if the key is absent. False: the error is replied.
bool find_set(Context& context, const Record*& record) {
  record = context.read(context.argument(1));
  return type_or_absent(context, record, ValueType::kSet);
}

}  // namespace

void scard(Context& context) {
  const Record* record;
  if (!find_set(context, record)) return;
  context.reply.integer(record == nullptr ? 0 : static_cast<std::int64_t>(SetView(*record).size()));
}

void sismember(Context& context) {
  const Record* record;
  if (find_set(context, record)) context.reply.integer(set_contains(record, context.argument(2)) ? 1 : 0);
}

void smismember(Context& context) {
  const Record* record;
  if (!find_set(context, record)) return;
  context.reply.array(context.arguments.size() - 2);
  for (const std::string_view member : context.arguments.subspan(2))
    context.reply.integer(set_contains(record, member) ? 1 : 0);
}

void smembers(Context& context) {
  const Record* record;
  if (!find_set(context, record)) return;
  if (record == nullptr) return context.reply.set(0);
  const SetView set(*record);
  context.reply.set(set.size());
  set.for_each([&context](std::string_view member) { context.reply.bulk(member); });
}

void sscan(Context& context) {
  const auto cursor = cursor_argument(context, 2);
  if (!cursor) return;
  const Record* record;
  if (!find_set(context, record)) return;
  if (record == nullptr) return ElementScan::reply_empty(context);
  const SetView set(*record);
  ElementScan::reply(context, *cursor, Scanned::kMembers, [&set](std::uint64_t from, ElementScan& out) {
    return set.scan(from, [&out](std::string_view member) { out.add(member); });
  });
}

}  // namespace terrace::commands
