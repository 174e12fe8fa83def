// The stream commands that read entries by their ids.
#include "src/commands/shared/argument.h"
#include "src/commands/shared/collection_access.h"
#include "src/commands/stream/stream_access.h"
#include "src/commands/stream/stream_handlers.h"

namespace terrace::commands {
namespace {

using storage::Record;
using storage::ValueType;

void range(Context& context, bool backward) {
  const auto first = interval_argument(context, backward ? 3 : 2, IntervalEnd::kFirst);
  if (!first) return;
  const auto last = interval_argument(context, backward ? 2 : 3, IntervalEnd::kLast);
  if (!last) return;
  std::int64_t count = -1;
  for (std::size_t i = 4; i < context.arguments.size(); ++i) {
    if (!is_option(context.argument(i), "COUNT") || i + 1 == context.arguments.size()) {
      return context.reply.syntax_error();
    }
    const auto number = integer_argument(context, ++i);
    if (!number) return;
    count = std::max<std::int64_t>(*number, 0);
  }
  const Record* record = context.read(context.argument(1));
  if (record == nullptr) return context.reply.array(0);
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  if (count == 0) return context.reply.null_array();
  reply_entries(context.reply, stream_of(*record), *first, *last, count < 0 ? 0 : static_cast<std::uint64_t>(count),
                backward);
}

}  // namespace

void xlen(Context& context) {
  const Record* record = context.read(context.argument(1));
  if (!type_or_absent(context, record, ValueType::kStream)) return;
  context.reply.integer(record == nullptr ? 0 : static_cast<std::int64_t>(stream_of(*record).size()));
}

void xrange(Context& context) {
  range(context, false);
}
void xrevrange(Context& context) {
  range(context, true);
}

}  // namespace terrace::commands
