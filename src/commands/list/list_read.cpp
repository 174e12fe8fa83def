// The list commands that read lists, except LPOS.
#include "src/commands/list/list_access.h"
#include "src/commands/list/list_handlers.h"
#include "src/commands/shared/argument.h"

namespace terrace::commands {

using storage::Record;
using storage::ValueType;
using types::ListPlace;
using types::ListView;

void llen(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kList)) return;
  context.reply.integer(record == nullptr ? 0 : static_cast<std::int64_t>(ListView(*record).size()));
}

void lindex(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.null();
  if (!type_or_absent(context, record, ValueType::kList)) return;
  const auto number = integer_argument(context, 2);
  if (!number) return;
  const ListView list(*record);
  const std::size_t index = list_index(*number, list.size());
  if (index == list.size()) return context.reply.null();
  context.reply.bulk(list.element(index).view());
}

void lrange(Context& context) {
  const auto start = integer_argument(context, 2);
  if (!start) return;
  const auto stop = integer_argument(context, 3);
  if (!stop) return;
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kList)) return;
  if (record == nullptr) return context.reply.array(0);
  const ListView list(*record);
  const ListRange range = list_range(*start, *stop, list.size());
  context.reply.array(range.size());
  if (range.size() == 0) return;
  std::size_t left = range.size();
  list.forward(range.begin, [&](const ListPlace& place) {
    context.reply.bulk(list.text(place).view());
    return --left > 0;
  });
}

}  // namespace terrace::commands
